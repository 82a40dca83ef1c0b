/** The product's mark: pages stacked from near to far. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" />
      <path d="M8 9h4v14H8zM14 9h4v9h-4zM20 9h4v5h-4z" />
    </svg>
  )
}
