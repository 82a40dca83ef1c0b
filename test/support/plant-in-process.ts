import { registerHooks } from 'node:module'
import { z } from 'zod'
import { plantedSource } from './planting.ts'

/** Preloaded into a Node process. It applies the replacements in PLANTED to modules as they are loaded. */
const replacementSchema = z.object({ file: z.string(), find: z.string(), replace: z.string() })
const replacements = z.array(replacementSchema).parse(JSON.parse(process.env['PLANTED'] ?? '[]'))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const here = replacements.filter(({ file }) => file === url)
    if (here.length === 0) return loaded
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source ?? undefined)
    return { ...loaded, source: plantedSource(source, here) }
  },
})
