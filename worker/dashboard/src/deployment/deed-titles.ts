import type { DeedName } from '../../../../shared/contract/workspaces.ts'

/** The words for each deed: the button, and the consequences that are told before it is done. */
export const deedTitles: Readonly<
  Record<DeedName, { readonly title: string; readonly consequence: string }>
> = {
  invalidate: {
    title: 'Invalidate',
    consequence:
      'Every cached entry of these workspaces becomes outdated, and their next reads go to the database.',
  },
  'warm-cache': {
    title: 'Warm up',
    consequence: 'The first pages, counts and figures of each are loaded from the database into every tier.',
  },
  'test-performance': {
    title: 'Test performance',
    consequence: 'One resource of each is read from the database, from Redis and from KV.',
  },
}
