// A port as a client writes it.

/** Undefined for what is no port. */
export function portOf(text = ''): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
