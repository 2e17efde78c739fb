import { type Variable, type VariableName, variables } from './table.ts'

/** docs/reference/config.md, from the table. */
export function renderConfigReference(): string {
  const rows = (Object.keys(variables) as VariableName[]).map(row)
  return `# Configuration

Everything is set by environment variables. An empty variable counts as absent. A bad value, or a name that looks like a
misspelt one, is refused at start, all of them at once. \`npx waxwing doctor\` shows what an environment comes to.

A variable marked with * is a secret: it is never printed, and \`NAME_FILE\` may name a file that holds it instead.

| Variable | Accepts | Default | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function row(name: VariableName): string {
  const { kind, secret, meaning, otherwise, fallback } = variables[name] as Variable<unknown, unknown>
  const cells = [`\`${name}\`${secret ? '*' : ''}`, kind.expects, otherwise ?? String(fallback), meaning]
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
