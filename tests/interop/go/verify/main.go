// Command verify finds what is attached to an image and verifies it as cosign does, by its code.
//
// The whole of cosign takes minutes to build; this is the part that reads registries and checks.
package main

import (
	"context"
	"crypto"
	"fmt"
	"log"
	"os"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

func verify(keyFile, image string) error {
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	public, err := cryptoutils.UnmarshalPEMToPublicKey(pem)
	if err != nil {
		return err
	}
	verifier, err := signature.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return err
	}
	reference, err := name.ParseReference(image)
	if err != nil {
		return err
	}
	found, _, err := cosign.VerifyImageAttestations(context.Background(), reference, &cosign.CheckOpts{
		SigVerifier:     verifier,
		ClaimVerifier:   cosign.IntotoSubjectClaimVerifier,
		IgnoreTlog:      true, // keys of our own are in no transparency log
		NewBundleFormat: true,
	})
	if err != nil {
		return err
	}
	for _, each := range found {
		payload, err := each.Payload()
		if err != nil {
			return err
		}
		fmt.Println(string(payload))
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: verify KEY.pem IMAGE; prints a verified envelope a line")
	}
	if err := verify(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
