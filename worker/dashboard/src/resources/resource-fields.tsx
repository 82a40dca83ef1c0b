import { useId, useState } from 'react'
import { Choice } from '../parts/choice.tsx'
import { Notice } from '../parts/notice.tsx'
import { useBoards, usePlace } from '../place.ts'
import { type DeclaredParameter, type DeclaredResource, declaredResources } from './declared.ts'
import { pathOf, titleOf } from './resource-question.ts'

/** The path contains the chosen workspace; the form has no field for it. */
export const workspaceParameter = 'workspaceId'
/** The form suggests the boards of the workspace. */
const boardParameter = 'boardId'

interface ResourceFieldsProps {
  readonly resource: DeclaredResource
  /** Shows all fields at once. Otherwise it shows the required ones, and the others can be unfolded. */
  readonly isWhole: boolean
  /** The first values of the fields, by parameter. */
  readonly values?: Readonly<Record<string, string>>
}

/** Says that the page cannot ask a resource. */
export function BackendNotice({ resource }: { resource: DeclaredResource }) {
  if (resource.isForMembers) return null
  return (
    <Notice tone="info">
      Only the CRM's backend may ask for this, with the internal key: GET {resource.route}
    </Notice>
  )
}

/** A field for each parameter that the resource declares. Must stand inside a form. */
export function ResourceFields({ resource, isWhole, values = {} }: ResourceFieldsProps) {
  const parameters = resource.parameters.filter(({ name }) => name !== workspaceParameter)
  const atOnce = parameters.filter(({ isRequired }) => isWhole || isRequired)
  const folded = parameters.filter((parameter) => !atOnce.includes(parameter))
  return (
    <>
      {atOnce.map((parameter) => (
        <ParameterField key={parameter.name} parameter={parameter} first={values[parameter.name]} />
      ))}
      {folded.length > 0 && (
        <details className="wide">
          <summary>More parameters</summary>
          <div className="fields">
            {folded.map((parameter) => (
              <ParameterField key={parameter.name} parameter={parameter} first={values[parameter.name]} />
            ))}
          </div>
        </details>
      )}
    </>
  )
}

interface ParameterFieldProps {
  readonly parameter: DeclaredParameter
  /** The value at the beginning, if not the parameter's own. */
  readonly first: string | undefined
}

function ParameterField({ parameter, first }: ParameterFieldProps) {
  const { name, options, preset, example, isRequired, isNumber, charactersMax } = parameter
  const label = titleOf(name)
  if (name === boardParameter) return <BoardField name={name} label={label} first={first ?? null} />
  if (options !== null) {
    return (
      <label className="field">
        <span>{label}</span>
        <select name={name} defaultValue={first ?? preset ?? ''}>
          {!isRequired && preset === null && <option value="">Any</option>}
          {options.map((option) => (
            <option key={option} value={option}>
              {titleOf(option)}
            </option>
          ))}
        </select>
      </label>
    )
  }
  return (
    <label className="field">
      <span>{label}</span>
      <input
        name={name}
        defaultValue={first}
        required={isRequired}
        placeholder={preset ?? example ?? undefined}
        inputMode={isNumber ? 'numeric' : undefined}
        maxLength={charactersMax ?? undefined}
      />
    </label>
  )
}

/**
 * Suggests the boards of the workspace and contains the first one at the beginning. The user may type any id. Boards that arrive while
 * somebody is in the field do not fill it: the id would mix with what is being typed.
 */
function BoardField({ name, label, first }: { name: string; label: string; first: string | null }) {
  const boards = useBoards()
  const listId = useId()
  const [typed, setTyped] = useState(first)
  const suggested = boards.data ?? []
  const shown = typed ?? suggested[0]?.id ?? ''
  return (
    <>
      <label className="field wide">
        <span>{label}</span>
        <input
          name={name}
          list={listId}
          value={shown}
          onFocus={() => setTyped(shown)}
          onBlur={() => shown === '' && setTyped(null)}
          onChange={({ target }) => setTyped(target.value)}
          required
        />
      </label>
      <datalist id={listId}>
        {suggested.map(({ id, name: title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </datalist>
    </>
  )
}

/** The texts of a form with these fields, by name. */
export function valuesIn(form: HTMLFormElement): Readonly<Record<string, string>> {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]))
}

/** Makes the path of a question from the values of these fields. */
export function useResourcePath(): (
  resource: DeclaredResource,
  values: Readonly<Record<string, string>>,
) => string {
  const { workspace } = usePlace()
  return (resource, values) => pathOf(resource, { ...values, [workspaceParameter]: workspace.id })
}

/**
 * Whether the page can ask for the resource now: it is for members, and its fields have their first values. The board's field has one
 * once the boards are loaded.
 */
export function useCanAsk({ parameters, isForMembers }: DeclaredResource): boolean {
  const boards = useBoards()
  return isForMembers && (!boards.isPending || parameters.every(({ name }) => name !== boardParameter))
}

interface ResourceChoiceProps {
  readonly value: DeclaredResource
  onChange(resource: DeclaredResource): void
}

/** One of the declared resources. */
export function ResourceChoice({ value, onChange }: ResourceChoiceProps) {
  return (
    <Choice
      label="Resource"
      value={value.name}
      options={declaredResources.map(({ name }) => ({ value: name, title: titleOf(name) }))}
      onChange={(name) => onChange(declaredResources.find((each) => each.name === name) ?? value)}
    />
  )
}

/** The resource that is chosen at the beginning. */
export function firstResource(): DeclaredResource {
  const [first] = declaredResources
  if (first === undefined) throw new Error('no resource is declared')
  return first
}
