/** Among the most used packages of npm, as of 2025, and honest ones that look like them. */
export const popularNpm = `
abort-controller accepts acorn agent-base ajv ajv-formats ansi-colors ansi-escapes ansi-regex ansi-styles anymatch apollo-server
argon2 argparse array-flatten array-includes asap asn1 assert async async-retry asynckit autoprefixer aws-sdk axios axios-retry
babel-core babel-eslint babel-jest babel-loader babel-runtime balanced-match base64-js bcrypt bcryptjs bignumber.js bindings
bluebird body-parser bootstrap boxen brace-expansion braces brotli browserify browserslist buffer bull bullmq bunyan busboy bytes
cac cacache camelcase caniuse-lite canvas chai chalk chardet cheerio chokidar chownr ci-info classnames clean-css cli-cursor
cli-spinners cli-table3 cliui clone clsx color color-convert color-name colorette colors combined-stream commander compression
concat-map concat-stream concurrently config connect content-disposition content-type convert-source-map cookie cookie-parser
cookie-signature copy-webpack-plugin core-js core-js-compat core-util-is cors cosmiconfig cron cross-env cross-fetch cross-spawn
crypto-js css-loader css-select csso csstype csv-parse csv-parser cypress d3 data-uri-to-buffer date-fns dayjs debug decamelize
deep-equal deep-extend deep-is deepmerge defaults define-properties delayed-stream del depd dequal destroy detect-indent
detect-libc diff discord.js dns-packet docker-compose dom-serializer domhandler dompurify domutils dotenv dotenv-expand duplexify
ejs electron electron-builder elliptic email-validator emoji-regex encodeurl enhanced-resolve enquirer entities enzyme errno
error-ex es-abstract es6-promise esbuild escalade escape-html escape-string-regexp eslint eslint-config-airbnb
eslint-config-prettier eslint-plugin-import eslint-plugin-prettier eslint-plugin-react eslint-scope espree esprima esquery
esrecurse estraverse esutils etag ethers event-stream eventemitter3 events execa express express-rate-limit express-session
express-validator extend external-editor extsprintf fast-deep-equal fast-glob fast-json-stable-stringify fast-levenshtein
fast-xml-parser fastify fastq fb-watchman figures file-loader file-type fill-range finalhandler find-cache-dir find-up firebase
firebase-admin flat-cache flatted follow-redirects for-each foreground-child forever form-data formidable forwarded framer-motion
fresh fs-extra fs-minipass fs.realpath fsevents function-bind gatsby gauge gaze generator-function get-caller-file get-intrinsic
get-stream getpass glob glob-parent globals globby got graceful-fs graphql graphql-tag grunt gulp gulp-util gzip-size handlebars
har-validator has-flag has-symbols hasown helmet highlight.js history hoist-non-react-statics hosted-git-info html-entities
html-webpack-plugin htmlparser2 http-errors http-proxy http-proxy-agent http-proxy-middleware https-proxy-agent human-signals
husky i18next iconv-lite ieee754 ignore immer immutable import-fresh imurmurhash indent-string inflight inherits ini inquirer
internal-slot invariant ioredis ip ipaddr.js is-arrayish is-buffer is-callable is-core-module is-docker is-extglob
is-fullwidth-code-point is-glob is-number is-odd is-plain-object is-promise is-stream is-typedarray is-windows isarray isexe
isomorphic-fetch isstream istanbul jest jest-worker jimp jiti joi jose jquery js-beautify js-base64 js-cookie js-tokens js-yaml
jsbn jsdom jsesc json-parse-even-better-errors json-schema json-schema-traverse json-stringify-safe json5 jsonc-parser jsonfile
jsonpath jsonwebtoken jsprim jszip karma keyv kind-of kleur knex koa kysely less leven levn license-checker lilconfig lint-staged
listr loader-utils locate-path lodash lodash-es lodash.debounce lodash.get lodash.isequal lodash.merge log-symbols log4js loglevel
long loose-envify lru-cache luxon magic-string make-dir make-fetch-happen mariadb marked material-ui maven mdast-util-to-string
media-typer memfs memoize-one memory-fs merge-descriptors merge-stream merge2 methods micromatch mime mime-db mime-types
mimic-fn mini-css-extract-plugin minimatch minimist minipass minizlib mkdirp mobx mocha moment moment-timezone mongodb mongoose
morgan mqtt ms msgpackr mssql multer mustache mysql mysql2 mz nan nanoid natural-compare negotiator neo-async nest next next-auth
nock node-addon-api node-cron node-fetch node-forge node-gyp node-gyp-build node-releases node-sass nodemailer nodemon nopt
normalize-path normalize-url npm-run-path npmlog nth-check nunjucks nx object-assign object-hash object-inspect object-keys
on-finished once onetime open openai optimist optionator opossum ora os-tmpdir p-limit p-locate p-map p-queue p-retry p-try pako
parse-json parse5 parseurl passport passport-jwt passport-local path-exists path-is-absolute path-key path-parse path-to-regexp
path-type pdf-lib pdfkit performance-now phin picocolors picomatch pify pino pino-pretty pirates pkg-dir playwright plotly.js pm2
pnpm polished popper.js postcss postcss-loader postcss-selector-parser postcss-value-parser preact prelude-ls prettier
pretty-bytes pretty-format prisma process-nextick-args progress prom-client promise prompts prop-types protobufjs proxy-addr
proxy-agent proxy-from-env prr psl pump punycode puppeteer puppeteer-core qrcode qs querystring queue-microtask ramda randombytes
range-parser raw-body react react-dom react-hook-form react-is react-native react-query react-redux react-router react-router-dom
react-scripts react-select react-table read-pkg readable-stream readdirp recast recharts redis redux redux-saga redux-thunk
reflect-metadata regenerate regenerator-runtime regexpp registry-auth-token remark remix request request-promise require-directory
requires-port reselect resolve resolve-from restify restore-cursor retry reusify rimraf rollup run-parallel rxjs safe-buffer
safer-buffer sass sass-loader sax scheduler schema-utils selenium-webdriver semver semver-diff send sequelize serialize-javascript
serve serve-static set-blocking set-value setimmediate sharp shebang-command shebang-regex shelljs side-channel signal-exit
sinon slash slice-ansi slugify smart-buffer socket.io socket.io-client socks solc sort-keys source-map source-map-js
source-map-support spdx-correct split2 sprintf-js sqlite3 sshpk ssri stack-utils statuses storybook stream-browserify
string-width string_decoder strip-ansi strip-bom strip-json-comments stripe style-loader styled-components superagent supertest
supports-color svelte svgo swagger-ui-express swiper swr systeminformation tailwindcss tapable tar tar-fs tar-stream terser
terser-webpack-plugin tether text-table thenify three through through2 tiny-emitter tinycolor2 tinyglobby tmp to-regex-range
toidentifier tough-cookie tr46 trim-newlines ts-jest ts-loader ts-node tslib tslint tsup tsx tunnel-agent turbo tweetnacl
type-check type-fest type-is typeorm typescript ua-parser-js uglify-js undici unified universalify unpipe uri-js url-parse
use-sync-external-store util-deprecate utils-merge uuid uvu v8-compile-cache validate-npm-package-name validator vary vite vitest
vue vue-router vue-template-compiler vuex walker watchpack wcwidth web-vitals web3 webdriverio webidl-conversions webpack
webpack-cli webpack-dev-server webpack-merge websocket whatwg-fetch whatwg-url which winston winston-transport word-wrap workbox
wrap-ansi wrappy write-file-atomic ws xlsx xml-js xml2js xmlbuilder xmldom xtend y18n yallist yaml yargs yargs-parser yarn yauzl
yeoman yup zod zone.js zustand
@angular/cli @angular/common @angular/core @apollo/client @aws-sdk/client-s3 @azure/identity @babel/cli @babel/core
@babel/generator @babel/parser @babel/preset-env @babel/preset-react @babel/preset-typescript @babel/runtime @babel/traverse
@babel/types @chakra-ui/react @emotion/react @emotion/styled @eslint/js @fortawesome/fontawesome-free @google-cloud/storage
@grpc/grpc-js @headlessui/react @heroicons/react @hookform/resolvers @jest/core @mui/material @nestjs/common @nestjs/core
@octokit/core @octokit/rest @openzeppelin/contracts @playwright/test @prisma/client @radix-ui/react-slot @reduxjs/toolkit
@rollup/plugin-commonjs @sentry/browser @sentry/node @solana/web3.js @storybook/react @supabase/supabase-js @swc/core
@tailwindcss/forms @tanstack/react-query @testing-library/jest-dom @testing-library/react @types/express @types/jest
@types/lodash @types/node @types/react @types/react-dom @typescript-eslint/eslint-plugin @typescript-eslint/parser
@vitejs/plugin-react @vue/cli-service
acorn-node ansi-wrap ansicolors babel-traverse babel-types camel-case colord cookies dargs eventemitter2 flatten gaxios get-value
is-typed-array jsdoc jsonschema listr2 node-abort-controller nprogress object.assign one-time parse-path parse-url postcss-js
postcss-values-parser punycode.js query-string retry-axios safe-json-stringify semiver sockjs synckit trough tsutils urijs wcwidth.js
wordwrap xmldoc yazl @trpc/client
`;
