/** Among the most used crates of crates.io, as of 2025, and honest ones that look like them. */
export const popularCrates = `
actix-web adler ahash aho-corasick anstream anstyle anyhow arbitrary arc-swap arrayvec async-channel async-std async-stream
async-trait atty autocfg axum backtrace base64 bincode bindgen bit-vec bitflags bitvec block-buffer bstr bumpalo bytemuck byteorder
bytes camino cargo_metadata cexpr cfg-if chacha20poly1305 chrono ciborium clang-sys clap clap_derive clap_lex cmake color-eyre
colorchoice colored console const-oid constant_time_eq core-foundation cpufeatures crc32fast criterion crossbeam crossbeam-channel
crossbeam-deque crossbeam-epoch crossbeam-queue crossbeam-utils crossterm crypto-common csv ctor ctrlc curve25519-dalek darling
dashmap data-encoding derivative derive_builder derive_more deranged diesel diff digest dirs dirs-sys displaydoc dotenv dotenvy
downcast-rs dyn-clone ed25519 ed25519-dalek either encoding_rs enum_dispatch env_logger equivalent errno ethabi event-listener eyre
fallible-iterator fastrand filetime fixedbitset flate2 flume fnv foreign-types form_urlencoded futures futures-channel futures-core
futures-executor futures-io futures-macro futures-sink futures-task futures-util fxhash generic-array getrandom gimli glob goblin
group half hashbrown heck hex hidapi hmac home http http-body httparse httpdate humantime hyper hyper-rustls hyper-tls
hyper-util iana-time-zone ident_case idna image indexmap indicatif indoc inotify instant io-lifetimes ipnet is-terminal itertools
itoa jobserver js-sys json jsonwebtoken k256 kube lalrpop lazy_static lazycell leb128 lettre libc libgit2-sys libloading libm
libsqlite3-sys linked-hash-map linux-raw-sys litemap lock_api log lru mach2 matchers matchit maplit md-5 memchr memmap2 memoffset
mime mime_guess minimal-lexical miniz_oxide mio mockall multer native-tls nix nom notify ntapi num num-bigint num-complex
num-derive num-integer num-iter num-rational num-traits num_cpus num_enum num_threads object once_cell opaque-debug openssl
openssl-macros openssl-probe openssl-sys opentelemetry ordered-float parking parking_lot parking_lot_core paste pem
percent-encoding pest petgraph phf pin-project pin-project-internal pin-project-lite pin-utils pkcs8 pkg-config plotters polling
poly1305 polars portable-atomic ppv-lite86 pretty_assertions prettyplease proc-macro-crate proc-macro-error proc-macro2 prometheus
proptest prost prost-build prost-types protobuf pyo3 quick-error quick-xml quinn quote r2d2 rand rand_chacha rand_core rand_xorshift
rayon rayon-core rdkafka redis regex regex-automata regex-syntax remove_dir_all reqwest ring rocket rpassword rsa rstest rusqlite
rustc-demangle rustc-hash rustc_version rustix rustls rustls-native-certs rustls-pemfile rustls-webpki rustversion ryu same-file
schannel schemars scopeguard sea-orm secp256k1 security-framework semver serde serde_bytes serde_derive serde_json serde_repr
serde_urlencoded serde_with serde_yaml serial_test sha1 sha2 sha3 sharded-slab shlex signal-hook signature similar siphasher slab
slog smallvec smol_str snafu socket2 spin sqlx stable_deref_trait static_assertions strsim structopt strum strum_macros subtle
syn synstructure sysinfo tar tempfile tera term termcolor terminal_size test-case textwrap thiserror thiserror-impl thread_local
threadpool time tiny-keccak tinyvec tokio tokio-macros tokio-native-tls tokio-postgres tokio-rustls tokio-stream tokio-tungstenite
tokio-util toml toml_edit tonic tower tower-http tower-layer tower-service tracing tracing-attributes tracing-core
tracing-log tracing-subscriber trybuild try-lock tungstenite typenum ucd-trie unicase unicode-bidi unicode-ident
unicode-normalization unicode-segmentation unicode-width unicode-xid untrusted ureq url utf8parse uuid valuable vcpkg version_check
void wait-timeout walkdir want warp wasi wasm-bindgen wasm-bindgen-futures web-sys webpki webpki-roots which winapi winapi-util
windows windows-sys windows-targets winnow winreg wit-bindgen xattr yaml-rust zerocopy zeroize zip zstd zstd-sys
adler2 rust_decimal wit-bindgen-rust
`;
