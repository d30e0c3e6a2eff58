import { expect, test } from 'vitest'
import { openScreen, type Terminal } from './screen.ts'

function fakeTerminal(rows = 5) {
  const listeners: (() => void)[] = []
  let text = ''
  const terminal: Terminal = {
    columns: 20,
    rows,
    write: (more) => {
      text += more
    },
    on: (_event, listener) => listeners.push(listener),
    off: (_event, listener) => listeners.splice(listeners.indexOf(listener), 1),
  }
  return {
    terminal,
    listeners,
    taken: () => {
      const all = text
      text = ''
      return all
    },
  }
}

test('the second drawing starts where the first one did', () => {
  const { terminal, taken } = fakeTerminal()
  const screen = openScreen(terminal, () => {})
  screen.draw(['a', 'b'])
  taken()
  screen.draw(['c'])
  expect(taken()).toBe('\r\u001b[2Ac\u001b[K\n\u001b[0J')
  screen.draw(['d', 'e'])
  expect(taken()).toContain('\u001b[1A')
})

test('never more lines than the terminal has', () => {
  const { terminal, taken } = fakeTerminal(3)
  openScreen(terminal, () => {}).draw(['a', 'b', 'c', 'd'])
  expect(taken()).not.toContain('c')
})

test('after a resize all is drawn anew, and closing gives the cursor back', () => {
  const { terminal, listeners, taken } = fakeTerminal()
  let redraws = 0
  const screen = openScreen(terminal, () => {
    redraws++
  })
  screen.draw(['a'])
  taken()
  for (const listener of listeners) listener()
  expect(redraws).toBe(1)
  screen.draw(['a'])
  expect(taken()).not.toContain('A')
  screen.close()
  expect(taken()).toBe('\r\u001b[K\u001b[?25h')
  expect(listeners).toEqual([])
})
