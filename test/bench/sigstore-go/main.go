package main

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func rate(f func()) int {
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		f()
	}
	n, start := 0, cpu()
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); n++ {
		f()
	}
	return int(float64(n) / (cpu() - start))
}

func main() {
	raw := must(os.ReadFile(os.Args[2]))
	var material root.TrustedMaterial = must(root.NewTrustedRootFromPath(os.Args[1]))
	options := []verify.VerifierOption{verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)}
	identity := verify.WithoutIdentitiesUnsafe()
	if os.Args[5] != "" {
		key := must(cryptoutils.UnmarshalPEMToPublicKey(must(os.ReadFile(os.Args[5]))))
		verifier := must(signature.LoadVerifier(key, crypto.SHA256))
		material = root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
			return root.NewExpiringKey(verifier, time.Time{}, time.Time{}), nil
		})
		options = []verify.VerifierOption{verify.WithNoObserverTimestamps()}
		identity = verify.WithKey()
	}
	verifier := must(verify.NewVerifier(material, options...))
	digest := must(hex.DecodeString(os.Args[4]))
	fmt.Println(rate(func() {
		var b bundle.Bundle
		if err := json.Unmarshal(raw, &b); err != nil {
			panic(err)
		}
		must(verifier.Verify(&b, verify.NewPolicy(verify.WithArtifactDigest(os.Args[3], digest), identity)))
	}))
}
