import type { ResourceName } from '../../shared/resources/index.ts'
import { contactCountsLoader } from './contacts/contact-counts.ts'
import { contactListLoader } from './contacts/contact-list.ts'
import type { Loader } from './loader.ts'

/** One loader a resource: the compiler asks for each name, and for the loader of that name. */
export const loaders: { readonly [Name in ResourceName]: Loader<Name> } = {
  'contact-list': contactListLoader,
  'contact-counts': contactCountsLoader,
}

/** The loader of that name, or null. */
export function loaderNamed(name: string): Loader<ResourceName> | null {
  return Object.values(loaders).find((loader) => loader.name === name) ?? null
}
