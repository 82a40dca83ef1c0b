import { dirname } from 'node:path'
import { readStackFile } from '../../origin/local/stack-file.ts'
import type { TestStackOptions } from '../support/local-stack.ts'
import { foreignSecretsOf } from './foreign-tokens.ts'
import { createForeignWorld, type ForeignWorld } from './foreign-world.ts'
import { type FuzzStack, startFuzzStack } from './fuzz-stack.ts'

export interface ForeignStack extends FuzzStack {
  readonly world: ForeignWorld
}

/** Locally the admins of our workspace are operators, who see every workspace. Attackers are not. */
const elsewhere = { OPERATORS_WORKSPACE_ID: 'operators' }

/** A local stack with two workspaces. The rows of one of them are marked. `plant` is SQL that opens a way to them. */
export async function startForeignStack(options: TestStackOptions = {}, plant = ''): Promise<ForeignStack> {
  const given = await startFuzzStack({
    ...options,
    workerVariables: { ...options.workerVariables, ...elsewhere },
    originEnvironment: { ...options.originEnvironment, ...elsewhere },
  })
  const { stack, place } = given
  try {
    if (plant !== '') {
      await stack.sql.unsafe(plant)
      // Supabase Lite knows only the tables and functions that were there when it started.
      await stack.pieces.supabase.stop()
      await stack.pieces.supabase.start()
    }
    const secrets = {
      ...place.secrets,
      ...(await foreignSecretsOf(await readStackFile(dirname(stack.logs)))),
    }
    return { ...given, place: { ...place, secrets }, world: await createForeignWorld(stack) }
  } catch (error) {
    await given.stop()
    throw error
  }
}
