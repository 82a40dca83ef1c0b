import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Runs the rooms of a group in the order of a list, and not in that of their names: a room whose files take long comes first, so that both
 * workers have something to do until the group ends. Files of a room stay in vitest's order, the largest first, after those that take `long`
 * though they are small.
 */
export function sequencerOf(rooms: readonly string[], long: readonly string[]) {
  const lengthOf = ({ moduleId }: TestSpecification) => (long.some((file) => moduleId.endsWith(file)) ? 0 : 1)
  const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder ?? 0
  const placeOf = ({ project }: TestSpecification) => rooms.indexOf(project.name)
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const sorted = await super.sort(files)
      return sorted.sort(
        (one, other) =>
          groupOf(one) - groupOf(other) || placeOf(one) - placeOf(other) || lengthOf(one) - lengthOf(other),
      )
    }
  }
}
