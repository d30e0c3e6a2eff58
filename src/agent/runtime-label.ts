// Which runtime a node has, as its label says it: whoever asks for simulated nodes and whoever plays them must mean one
// thing.

export const runtimeLabel = 'everynode.dev/runtime'
/** Also the scheme of a simulated node's containerRuntimeVersion and of its container ids. */
export const simulatedRuntime = 'simulated'
