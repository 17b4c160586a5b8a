/** Names in a row; a dash where there are none, spoken as “none”. */
export function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <None />
  return (
    <ul className="names">
      {names.map((name) => (
        <li key={name}>
          <code>{name}</code>
        </li>
      ))}
    </ul>
  )
}

export function None() {
  return (
    <>
      <span aria-hidden="true" className="faint">
        –
      </span>
      <span className="spoken">none</span>
    </>
  )
}
