// `everynode agent`: this machine becomes a node of a cluster elsewhere.
import { type Command, InvalidArgumentError, Option } from 'commander'

const help = `
Examples:
  # On the server: print the line for new nodes
  everynode token create

  # On the machine that joins (root, for real pods)
  everynode agent --server https://10.0.0.1:6443 --token abcdef.0123456789abcdef --ca-hash sha256:…

  # From then on
  everynode agent

  # The same as a service, which starts with the machine
  everynode agent --server https://10.0.0.1:6443 --token abcdef.0123456789abcdef --ca-hash sha256:… --install`

export function register(program: Command): void {
  program
    .command('agent')
    .summary('make this machine a node of a cluster')
    .description(
      'Make this machine a node of a cluster: join by a token, run its pods. What it needs the first time is kept; pods go on when it stops.',
    )
    .option('--server <url>', 'the API server, such as https://10.0.0.1:6443 (needed the first time)')
    .option('--token <token>', 'a bootstrap token (needed the first time)')
    .option('--ca-hash <hash>', "sha256:… of the key of the cluster's authority (needed the first time)")
    .option(
      '--data <dir>',
      'what the agent keeps (default: $EVERYNODE_AGENT_DATA, else /var/lib/everynode-agent, ~/.everynode-agent without root)',
    )
    .option('--node-name <name>', "the node's name (default: the machine's)")
    .option('--node-ip <address>', 'its address (default: the one it reaches the server from)')
    .addOption(
      new Option('--port <port>', 'of its own API; 0 is any free one (default: 10250, else any free one)').argParser(
        parsePort,
      ),
    )
    .option('--node-root <dir>', 'what pods mean by / in a hostPath', '/')
    .option('--node-labels <key=value...>', 'labels the node registers with')
    .addOption(
      new Option(
        '--runtime <name>',
        'what runs pods that name no runtime; auto: containers where there is a container runtime, else processes',
      )
        .choices(['auto', 'cri', 'process', 'simulated'])
        .default('auto'),
    )
    .option(
      '--container-runtime-endpoint <socket>',
      'unix:///… of the container runtime (default: where containerd or CRI-O have theirs)',
    )
    .option('--install', 'join, then run the agent as a service of systemd; the unit is shown first')
    .option('--yes', 'with --install: do not ask')
    .option('--unit-file <file>', 'with --install: where the unit goes', '/etc/systemd/system/everynode-agent.service')
    .addOption(
      new Option('--log-level <level>', 'least important line that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText('after', help)
    .action(async (flags) => {
      const { agent } = await import('../agent/agent.ts')
      await agent(flags)
    })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('Needed is a port, 0 to 65535.')
  return port
}
