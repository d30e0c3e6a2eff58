// Lines that are drawn again and again in one place of a terminal, above what the shell prints next.
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Screen {
  readonly size: Size
  /** Replaces what was drawn before. Lines must fit; more than the terminal has rows are not drawn. */
  draw(lines: readonly string[]): void
  /** Somebody else wrote on the screen: the next drawing begins on a clean one. */
  forget(): void
  /** The last drawing stays where it is. */
  close(): void
}

const control = '\u001b['
const hideCursor = `${control}?25l`
const showCursor = `${control}?25h`
const clearToEnd = `${control}0J`
const clearLine = `${control}K`

export function openScreen(terminal: Terminal, onResize: () => void): Screen {
  let drawn = 0
  const forget = () => {
    terminal.write(`${control}H${clearToEnd}`)
    drawn = 0
  }
  const resized = () => {
    // What was drawn has been wrapped anew by the terminal: nobody knows where it stands.
    forget()
    onResize()
  }
  terminal.on('resize', resized)
  terminal.write(hideCursor)
  return {
    get size() {
      return { columns: terminal.columns || 80, rows: terminal.rows || 24 }
    },
    draw(lines) {
      const shown = lines.slice(0, this.size.rows - 1)
      const up = drawn === 0 ? '' : `${control}${drawn}A`
      // One write a frame, so that no half of one is ever seen.
      terminal.write(`\r${up}${shown.map((line) => `${line}${clearLine}\n`).join('')}${clearToEnd}`)
      drawn = shown.length
    },
    forget,
    close() {
      terminal.off('resize', resized)
      // The terminal may have shown the `^C` that ends it.
      terminal.write(`\r${clearLine}${showCursor}`)
    },
  }
}
