import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

/** For each resource the version of its declaration, and the shape for which it stands: of its data, and of the tags of its example. */
const shapesSchema = z.record(z.string(), z.object({ version: z.int(), shape: z.string() }))
export type Shapes = z.output<typeof shapesSchema>

/** The shapes of the release in a folder, whose declarations a process of its own loads. */
export async function shapesIn(project: string): Promise<Shapes> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), project], {
    maxBuffer: 16_777_216,
  })
  return shapesSchema.parse(JSON.parse(stdout))
}

/** The resources whose shape differs between two releases under one version. */
export function unversionedChanges(earlier: Shapes, present: Shapes): string[] {
  return Object.entries(present).flatMap(([name, { version, shape }]) => {
    const before = earlier[name]
    return before?.version === version && before.shape !== shape ? [name] : []
  })
}

type Declarations = typeof import('../../shared/resources/index.ts')

async function print(project: string): Promise<void> {
  const { resources }: Declarations = await import(
    pathToFileURL(join(project, 'shared/resources/index.ts')).href
  )
  const shapes = resources.map((resource) => {
    const { data, params, example, name, version } = resource
    const parsed = resource.parse(example.path, example.query)
    const body = new TextEncoder().encode(JSON.stringify(example.data))
    const tags = parsed.ok ? [parsed.value.tagsFor(null), parsed.value.embeddedTags(body)] : null
    const schema = z.toJSONSchema(data, { unrepresentable: 'any', io: 'input' })
    return [name, { version, shape: JSON.stringify([schema, Object.keys(params.shape), tags]) }]
  })
  process.stdout.write(JSON.stringify(Object.fromEntries(shapes)))
}

if (import.meta.main) await print(process.argv[2] ?? '')
