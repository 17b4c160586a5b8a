// Verifies bundles with the sigstore project's own verifier and one public key.
// node verify.mjs KEY.pem HINT BUNDLE... prints a JSON array: {"payload": …} or {"error": …} each.
import { readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

const [pem, hint, ...paths] = process.argv.slice(2);
const publicKey = createPublicKey(readFileSync(pem));
const root = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [],
};
const material = toTrustMaterial(root, (given) => {
  if (given !== hint) throw new Error(`no key for the hint ${given}`);
  return { publicKey, validFor: () => true };
});
const aloneByKey = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };

function verify(path) {
  try {
    const bundle = bundleFromJSON(JSON.parse(readFileSync(path, 'utf8')));
    new Verifier(material, aloneByKey).verify(toSignedEntity(bundle));
    return { payload: bundle.content.dsseEnvelope.payload.toString('base64') };
  } catch (error) {
    return { error: String(error) };
  }
}
process.stdout.write(JSON.stringify(paths.map(verify)));
