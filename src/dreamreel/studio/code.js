// The same request as code, in the forms that Replicate's clients know. The token stays a variable.

export const CLIENTS = ["curl", "Python", "JavaScript"]

export function codeFor(client, { input, version, model }) {
  const origin = location.origin
  return { curl, Python, JavaScript }[client]({ input, version, origin, ref: `${model}:${version}` })
}

function curl({ input, version, origin }) {
  const body = JSON.stringify({ version, input }, null, 2).replaceAll("'", "'\\''")
  return `curl -s ${origin}/v1/predictions \\
  -H "Authorization: Bearer $REPLICATE_API_TOKEN" \\
  -H "Content-Type: application/json" \\
  -H "Prefer: wait" \\
  -d '${body}'`
}

function Python({ input, origin, ref }) {
  const lines = Object.entries(input).map(([name, value]) => `        "${name}": ${python(value)},`)
  return `import replicate  # pip install "replicate<2"

client = replicate.Client(base_url="${origin}", api_token="...")
output = client.run(
    "${ref}",
    input={
${lines.join("\n")}
    },
)
print(output)`
}

function JavaScript({ input, origin, ref }) {
  const shown = JSON.stringify(input, null, 2).replaceAll("\n", "\n  ")
  return `import Replicate from "replicate" // npm install replicate

const replicate = new Replicate({ baseUrl: "${origin}/v1", auth: "..." })
const output = await replicate.run(
  "${ref}",
  { input: ${shown} },
)
console.log(output)`
}

function python(value) {
  if (typeof value === "boolean") return value ? "True" : "False"
  return value === null ? "None" : JSON.stringify(value)
}
