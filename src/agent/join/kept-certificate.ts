// A certificate of this node that is kept in a file with its key, and renewed before its life ends, with a new key.
// Upstream: client-go/util/certificate/certificate_manager.go and certificate_store.go.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type Backoff, backoffMs, withJitter } from '../../base/backoff.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { CertificateAndKey } from './ask-certificate.ts'
import { JoinRefused } from './join-refused.ts'
import { readIfThere, writeWhole } from './whole-file.ts'

export interface KeptCertificateOptions {
  /** Where it lies: certificate and key in one file, so that they always fit each other. */
  readonly path: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What else must be right of one that was kept. */
  readonly fits: (certificate: X509Certificate) => boolean
  /** Undefined: ask again. JoinRefused: asking again does not help. */
  readonly ask: (signal: AbortSignal) => Promise<CertificateAndKey | undefined>
  /** There is another one now. */
  readonly onChange?: (current: CertificateAndKey) => void
}

/** Waiting between two attempts to get one; the server may be away for long. */
const askBackoff: Backoff = { initialMs: 500, maxMs: 60_000 }

export class KeptCertificate {
  readonly #options: KeptCertificateOptions
  #current: CertificateAndKey | undefined
  #validity: Validity | undefined

  constructor(options: KeptCertificateOptions) {
    this.#options = options
  }

  /** Undefined where there is none, or its time is over. */
  get current(): CertificateAndKey | undefined {
    return this.#validity !== undefined && isWithin(this.#validity, this.#options.clock.now())
      ? this.#current
      : undefined
  }

  /** What is in the file, if it is still good for something. */
  async load(): Promise<void> {
    const text = await readIfThere(this.#options.path)
    const kept = text === undefined ? undefined : apart(text)
    if (kept === undefined) return
    const parsed = parsedPair(kept)
    if (parsed === undefined || !this.#options.fits(parsed)) {
      this.#options.log.warn('certificate not usable', { file: this.#options.path })
      return
    }
    this.#take(kept, validityOf(parsed))
  }

  /** Until there is one; rejects with JoinRefused where there never will be. */
  async have(signal: AbortSignal): Promise<void> {
    const { log, clock, random } = this.#options
    for (let failures = 0; this.current === undefined && !signal.aborted; ) {
      try {
        await this.#renew(signal)
        failures = 0
      } catch (error) {
        if (error instanceof JoinRefused) throw error
        log.warn('no certificate yet', { failures: ++failures, error: String(error) })
        await sleep(clock, withJitter(backoffMs(askBackoff, failures), 0.2, random.float()), signal)
      }
    }
  }

  /** Renews it again and again, until `signal` is aborted or its time has run out and nobody gives another. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options
    while (!signal.aborted) {
      await this.have(signal)
      if (this.#validity === undefined) return
      const dueMs = renewalMs(this.#validity, random.float())
      await sleep(clock, Math.max(0, dueMs - clock.now()), signal)
      for (let failures = 0; !signal.aborted && this.current !== undefined; ) {
        try {
          if (await this.#renew(signal)) break
        } catch (error) {
          // What is refused today may be granted tomorrow: there is a certificate, and it has time left.
          log.warn('certificate not renewed', { failures: ++failures, error: String(error) })
          await sleep(clock, withJitter(backoffMs(askBackoff, failures), 0.2, random.float()), signal)
        }
      }
    }
  }

  async #renew(signal: AbortSignal): Promise<boolean> {
    const { path, log, ask } = this.#options
    const fresh = await ask(signal)
    if (fresh === undefined) return false
    const parsed = parsedPair(fresh)
    if (parsed === undefined) throw new Error('the certificate that was given is not for the key it was asked for')
    await writeWhole(path, `${fresh.certificate.trim()}\n${fresh.key.trim()}\n`, 0o600)
    this.#take(fresh, validityOf(parsed))
    log.info('certificate', { file: path, until: parsed.validTo })
    return true
  }

  #take(pair: CertificateAndKey, validity: Validity): void {
    this.#current = pair
    this.#validity = validity
    this.#options.onChange?.(pair)
  }
}

export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** After 70 to 90 % of its life, so that a fleet that was born at once does not ask at once. Upstream: jitteryDuration. */
export function renewalMs({ notBeforeMs, notAfterMs }: Validity, chance: number): number {
  return notBeforeMs + (notAfterMs - notBeforeMs) * (0.7 + 0.2 * chance)
}

function isWithin({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean {
  return nowMs >= notBeforeMs && nowMs < notAfterMs
}

function validityOf(certificate: X509Certificate): Validity {
  return { notBeforeMs: Date.parse(certificate.validFrom), notAfterMs: Date.parse(certificate.validTo) }
}

function apart(text: string): CertificateAndKey | undefined {
  const block = (kind: string) => new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`).exec(text)?.[0]
  const [certificate, key] = [block('CERTIFICATE'), block('PRIVATE KEY')]
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

function parsedPair({ certificate, key }: CertificateAndKey): X509Certificate | undefined {
  try {
    const parsed = new X509Certificate(certificate)
    return parsed.checkPrivateKey(createPrivateKey(key)) ? parsed : undefined
  } catch {
    return undefined
  }
}
