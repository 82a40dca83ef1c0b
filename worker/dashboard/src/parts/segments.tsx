import { useId } from 'react'

interface SegmentsProps<Value extends string> {
  /** Said to screen readers. */
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly title: string }[]
  onChange(value: Value): void
}

/** A choice among a few values that are all in sight. */
export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  const name = useId()
  return (
    <fieldset className="segments">
      <legend className="hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>
            <bdi>{option.title}</bdi>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
