// The systemd unit of an agent. Pods go on while it is restarted: systemd ends the agent alone, and leaves what it started
// to it. Source: systemd.service(5), systemd.kill(5), systemd.resource-control(5).

export interface UnitOptions {
  /** The program and its arguments, as they are typed. No secret: anybody may read a unit. */
  readonly command: readonly string[]
}

export function agentUnit({ command }: UnitOptions): string {
  return `[Unit]
Description=everynode agent: runs the pods of this node
Wants=network-online.target
After=network-online.target containerd.service crio.service

[Service]
# A small nursery: an agent makes little garbage at a time, and holds 6 MB less (measured, 10 pods).
Environment=NODE_OPTIONS=--max-semi-space-size=1
ExecStart=${command.map(quoted).join(' ')}
Restart=always
RestartSec=5
# Containers and processes of pods outlive the agent, and are found again.
KillMode=process
# What it does with cgroups, systemd leaves alone.
Delegate=yes
TasksMax=infinity
LimitNOFILE=1048576
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`
}

/** systemd reads quotes, backslashes, \`%\` and \`$\` in a command line. */
function quoted(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`
}
