// What the server warns of beside its answers, on standard error, each once (W1.11, R1.11).
// Upstream: client-go/rest/warnings.go, NewWarningWriter with Deduplicate.
import type { Send } from '../api/wire.ts'

export function tellingWarnings(send: Send, tell: (line: string) => void): Send {
  const told = new Set<string>()
  return async (request) => {
    const answer = await send(request)
    for (const text of warningsIn(answer.headers.warning)) {
      if (told.has(text)) continue
      told.add(text)
      tell(`Warning: ${text}\n`)
    }
    return answer
  }
}

/** `299 - "text", 299 - "text"`. */
export function warningsIn(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    quoted.replace(/\\(.)/g, '$1'),
  )
}
