// What `notation sign` and `notation verify` do, with the library they are made of, on a registry over plain HTTP.
//
//	notation-peer sign REGISTRY/REPOSITORY@DIGEST KEY CHAIN MEDIATYPE [LAYOUT]
//	notation-peer verify REGISTRY/REPOSITORY@DIGEST CONFIG [LAYOUT]   (trustpolicy.json and truststore in CONFIG)
//
// LAYOUT is the folder of an OCI layout: the image and its signatures are there, and the repository is only whose trust policy counts.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	"oras.land/oras-go/v2/registry/remote"
)

func open(args []string) (registry.Repository, error) {
	before := map[string]int{"sign": 5, "verify": 3}[args[0]]
	if len(args) > before {
		return registry.NewOCIRepository(args[before], registry.RepositoryOptions{})
	}
	repository, err := remote.NewRepository(args[1])
	if err != nil {
		return nil, err
	}
	repository.PlainHTTP = true
	return registry.NewRepository(repository), nil
}

func run(args []string) error {
	ctx := context.Background()
	reference := args[1]
	client, err := open(args)
	if err != nil {
		return err
	}
	if args[0] == "sign" {
		generic, err := signer.NewGenericSignerFromFiles(args[2], args[3])
		if err != nil {
			return err
		}
		_, err = notation.Sign(ctx, generic, client, notation.SignOptions{
			ArtifactReference: reference,
			SignerSignOptions: notation.SignerSignOptions{
				SignatureMediaType: args[4],
				ExpiryDuration:     24 * time.Hour,
			},
		})
		return err
	}
	text, err := os.ReadFile(filepath.Join(args[2], "trustpolicy.json"))
	if err != nil {
		return err
	}
	var document trustpolicy.Document
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	store := truststore.NewX509TrustStore(dir.NewSysFS(args[2]))
	checker, err := verifier.New(&document, store, nil)
	if err != nil {
		return err
	}
	_, _, err = notation.Verify(ctx, checker, client, notation.VerifyOptions{
		ArtifactReference:    reference,
		MaxSignatureAttempts: 50,
	})
	return err
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
