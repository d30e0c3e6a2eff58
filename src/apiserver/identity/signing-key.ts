// The key that signs service account tokens, kept beside the certificates: made once, as losing it makes every token
// that is out there worthless.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthorityError } from './authority.ts'
import { createTokenSigner, newSigningKey, type TokenSigner } from './jwt.ts'
import { readIfThere, writeWhole } from './key-files.ts'

const file = 'sa.key'

export async function openTokenSigner(directory: string): Promise<TokenSigner> {
  const kept = await readIfThere(join(directory, file))
  if (kept === undefined) {
    const key = newSigningKey()
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeWhole(join(directory, file), key, 0o600)
    return createTokenSigner(key)
  }
  try {
    return createTokenSigner(kept)
  } catch (cause) {
    const advice =
      'Restore it from a backup, or remove it: tokens of service accounts made before will then be refused.'
    throw new AuthorityError(`${directory}: ${file} is no private key. ${advice}`, { cause })
  }
}
