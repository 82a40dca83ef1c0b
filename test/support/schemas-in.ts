import { z } from 'zod'

/**
 * Every schema that can be reached from a value through plain objects and lists, each once. Tests use it on modules
 * and on routes.
 */
export function schemasIn(root: unknown): z.ZodType[] {
  const schemas = new Set<z.ZodType>()
  const seen = new Set<unknown>()
  const open = [root]
  for (let value = open.pop(); open.length > 0 || value !== undefined; value = open.pop()) {
    if (value instanceof z.ZodType) schemas.add(value)
    else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value)
      open.push(...Object.values(value).filter((member) => member !== undefined))
    }
  }
  return [...schemas]
}
