import { dirname } from 'node:path'
import { readStackFile } from '../../origin/local/stack-file.ts'
import type { TestStackOptions } from '../support/local-stack.ts'
import { foreignSecretsOf } from './foreign-tokens.ts'
import { createForeignWorld, type ForeignWorld } from './foreign-world.ts'
import type { Place } from './fuzz-malformed.ts'
import { startFuzzStack } from './fuzz-stack.ts'

export interface ForeignStack {
  readonly place: Place
  readonly world: ForeignWorld
  stop(): Promise<void>
}

/** A local stack with two workspaces, of which one's rows are marked. `plant` is SQL that opens a way to them. */
export async function startForeignStack(options: TestStackOptions = {}, plant = ''): Promise<ForeignStack> {
  const { stack, place, stop } = await startFuzzStack(options)
  try {
    if (plant !== '') {
      await stack.sql.unsafe(plant)
      // It knows the tables and functions that were there when it started.
      await stack.pieces.supabase.stop()
      await stack.pieces.supabase.start()
    }
    const secrets = await foreignSecretsOf(await readStackFile(dirname(stack.logs)))
    return { place: { ...place, secrets }, world: await createForeignWorld(stack), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
