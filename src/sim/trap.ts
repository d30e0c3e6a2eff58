// What would make a run differ from its replay is not there while it is played: whoever asks the machine for the time, for
// chance or for a timer is stopped, and named by the stack.

/** For a process that does nothing but play; there is no way back. */
export function setTraps(): void {
  trap(Date, 'now', 'Date.now')
  trap(Math, 'random', 'Math.random')
  for (const name of ['setTimeout', 'setInterval', 'fetch']) trap(globalThis, name, name)
}

function trap(owner: object, name: string, what: string): void {
  Object.defineProperty(owner, name, {
    value: () => {
      throw new Error(`${what} in a simulation: the clock, chance and the network are arguments`)
    },
  })
}
