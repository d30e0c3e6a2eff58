// Quantities in their canonical form (W14.5): upstream writes them so when it reads them.

import { canonical, milliValue } from '../quantity.ts'

/** Every amount of a resource list, at most in thousandths. Upstream: SetDefaults_ResourceList. */
export function canonicalAmounts(list: unknown): void {
  if (typeof list !== 'object' || list === null) return
  const amounts = list as Record<string, unknown>
  for (const [name, amount] of Object.entries(amounts)) amounts[name] = canonicalAmount(amount)
}

/** JSON may hold a number where a quantity stands. What is no quantity stays for the validation to refuse. */
export function canonicalAmount(amount: unknown): unknown {
  if (typeof amount !== 'string' && typeof amount !== 'number') return amount
  const text = canonical(`${amount}`)
  return text.endsWith('n') || text.endsWith('u') ? canonical(`${milliValue(text)}m`) : text
}
