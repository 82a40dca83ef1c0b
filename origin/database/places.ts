import { limits } from '../../shared/limits.ts'
import type { Bound, FairQueue, FairQueueBounds } from './fair-queue.ts'
import { createFairQueue } from './fair-queue.ts'

/** Each class has places that no other class can take, as each priority level of Kubernetes' API server has. */
export type QueryClass = 'reads' | 'writes' | 'imports' | 'mails'

export type Places = Readonly<Record<QueryClass, FairQueue>>

interface PlacesOptions {
  readonly queriesAtOnceMax: number
  readonly queriesWaitingMax: number
}

/** Divides the places for queries among the classes, of which none lends its own. Needs at least `queriesAtOnceMin` places. */
export function createPlaces({ queriesAtOnceMax, queriesWaitingMax }: PlacesOptions): Places {
  if (queriesAtOnceMax < limits.queriesAtOnceMin) throw new Error('each class of queries needs a place')
  const writes: Bound = {
    placesMax: Math.max(1, Math.floor(queriesAtOnceMax * limits.writePlacesShare)),
    waitingMax: Math.floor(queriesWaitingMax * limits.writeWaitingShare),
  }
  // An import has at most one query in flight, and its turn (contacts/import-turns.ts) entitles it to wait for a place.
  const imports: Bound = {
    placesMax: Math.max(1, Math.floor(queriesAtOnceMax * limits.importPlacesShare)),
    waitingMax: limits.importsMax,
  }
  // All mail comes from the Worker, which has limited it; a refusal would only make it come again.
  const mails: Bound = {
    placesMax: Math.max(1, Math.floor(queriesAtOnceMax * limits.mailPlacesShare)),
    waitingMax: limits.mailsWaitingMax,
  }
  const reads: Bound = {
    placesMax: queriesAtOnceMax - writes.placesMax - imports.placesMax - mails.placesMax,
    waitingMax: queriesWaitingMax - writes.waitingMax,
  }
  return {
    reads: createFairQueue(boundsOf(reads)),
    writes: createFairQueue(boundsOf(writes)),
    imports: createFairQueue({
      ...boundsOf(imports),
      share: { ...boundsOf(imports).share, waitingMax: limits.workspaceImportsMax },
      caller: { ...boundsOf(imports).caller, waitingMax: limits.workspaceImportsMax },
    }),
    mails: createFairQueue({ all: mails, share: mostOf(mails), caller: mostOf(mails) }),
  }
}

function boundsOf(all: Bound): FairQueueBounds {
  return {
    all,
    share: partOf(all, limits.workspacePlacesShare, limits.workspaceWaitingShare),
    caller: partOf(all, limits.callerPlacesShare, limits.callerWaitingShare),
  }
}

/** One address that people write to may have all the waiting room, and leaves a place to the others. */
function mostOf({ placesMax, waitingMax }: Bound): Bound {
  return { placesMax: Math.max(1, placesMax - 1), waitingMax }
}

/** Rounded up, so that each part has at least one place. */
function partOf({ placesMax, waitingMax }: Bound, placesShare: number, waitingShare: number): Bound {
  return { placesMax: Math.ceil(placesMax * placesShare), waitingMax: Math.ceil(waitingMax * waitingShare) }
}
