// The flags of every command that talks to a server: which kubeconfig, which context, which namespace. What they mean is
// connect.ts, which is loaded when a command runs.

import type { Command } from 'commander'

export interface ConnectFlags {
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace?: string
}

export function addConnectFlags(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--kubeconfig <file>', 'kubeconfig file (default: $KUBECONFIG, else ~/.kube/config)')
}
