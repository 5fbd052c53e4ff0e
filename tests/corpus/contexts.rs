//! Surroundings that say whose a key is without naming it on the key's line: base URLs, constructors, imports, sections,
//! tables, exports of tools.
//!
//! `{K}` is the key. The rest is the provider's: `{w}` `mistral`, `{W}` `Mistral`, `{N}` `MISTRAL_API_KEY`, `{H}`
//! `api.mistral.ai`.

use keysweep::rule::template::Random;

use crate::kinds::expand;

/// A provider as its users write it.
pub(crate) struct Provider {
    /// A template of its keys.
    pub(crate) key: &'static str,
    pub(crate) word: &'static str,
    pub(crate) class: &'static str,
    pub(crate) name: &'static str,
    pub(crate) host: &'static str,
}

const fn provider(
    key: &'static str,
    word: &'static str,
    class: &'static str,
    name: &'static str,
    host: &'static str,
) -> Provider {
    Provider { key, word, class, name, host }
}

pub(crate) const PROVIDERS: [Provider; 7] = [
    provider("[A-Za-z0-9]{32}", "mistral", "Mistral", "MISTRAL_API_KEY", "api.mistral.ai"),
    provider("[A-Za-z0-9]{40}", "cohere", "Cohere", "COHERE_API_KEY", "api.cohere.com"),
    provider("sk-[0-9a-f]{32}", "deepseek", "DeepSeek", "DEEPSEEK_API_KEY", "api.deepseek.com"),
    provider("sk-[A-Za-z0-9]{48}", "moonshot", "Moonshot", "MOONSHOT_API_KEY", "api.moonshot.cn"),
    provider("[0-9a-f]{40}", "deepgram", "Deepgram", "DEEPGRAM_API_KEY", "api.deepgram.com"),
    provider("[0-9a-f]{32}\\.[A-Za-z0-9]{16}", "zhipu", "Zhipu", "ZHIPU_API_KEY", "open.bigmodel.cn"),
    provider("[a-z0-9]{32}", "assemblyai", "AssemblyAI", "ASSEMBLYAI_API_KEY", "api.assemblyai.com"),
];

/// What is found with any of them.
pub(crate) const CONTEXTS: &[(&str, &str)] = &[
    // What stands between is markup, an escape, a number, or a setting.
    ("html, cells", "<tr><td>{W}</td><td>api key</td><td class=\"key\">{K}</td></tr>\n"),
    (
        "html, coloured code",
        "<span class=\"n\">{N}</span> <span class=\"o\">=</span> <span class=\"s2\">&quot;{K}&quot;</span>\n",
    ),
    ("html, code in prose", "<p>Your {W} API key is <code>{K}</code></p>\n"),
    ("latex, type", "The {W} API key is \\texttt{{K}}.\n"),
    ("json, escaped quotes", "{\"body\":\"\\u0022{w}_api_key\\u0022: \\u0022{K}\\u0022\"}\n"),
    ("redis, append-only file", "*3\r\n$3\r\nSET\r\n$15\r\n{w}:api_key\r\n$32\r\n{K}\r\n"),
    (
        "terraform, variable with a description",
        "variable \"{w}_api_key\" {\n  type        = string\n  description = \"{W} API key\"\n  sensitive   = true\n  default     = \"{K}\"\n}\n",
    ),
    ("python, function", "@pytest.fixture\ndef {w}_api_key():\n    return \"{K}\"\n"),
    ("log, error", "401 - {'error': {'message': 'Incorrect API key provided: {K}. See https://{H}'}}\n"),
    ("javascript, state", "const [apiKey, setApiKey] = useState(\"{K}\"); // {W}\n"),
    ("typescript, state", "const [apiKey, setApiKey] = useState<string>(\"{K}\"); // {W}\n"),
    ("typescript, provider", "@Inject({ provide: '{N}', useValue: '{K}' })\n"),
    ("c, macro", "g++ main.cpp -D{N}=\\\"{K}\\\" -O2\n"),
    ("cmake, definition", "add_definitions(-D{N}=\"{K}\")\n"),
    ("translations", "msgid \"{W} API key\"\nmsgstr \"{K}\"\n"),
    ("opml, note", "<outline text=\"{W} api key\" _note=\"{K}\"/>\n"),
    (
        "raycast, preference of the type of a password",
        "{\"name\":\"{w}\",\"preferences\":[{\"name\":\"apiKey\",\"type\":\"password\",\"default\":\"{K}\"}]}\n",
    ),
    (
        "pulumi, secret",
        "const secret = new aws.secretsmanager.SecretVersion(\"{w}-key\", {\n  secretId: s.id,\n  secretString: \"{K}\",\n});\n",
    ),
    ("netrc", "machine {H}\n  login token\n  password {K}\n"),
    (
        "cassette, address behind a list of headers",
        "interactions:\n- request:\n    headers:\n      authorization:\n      - Bearer {K}\n      content-type:\n      - application/json\n    method: POST\n    uri: https://{H}/v1/chat\n",
    ),
    (
        "kong, provider beside",
        "plugins:\n- name: ai-proxy\n  config:\n    auth:\n      header_name: Authorization\n      header_value: Bearer {K}\n    model:\n      provider: {w}\n",
    ),
    ("compose, lists", "    environment:\n      - OPENAI_API_BASE_URLS=https://{H}/v1\n      - OPENAI_API_KEYS={K}\n"),
    (
        "sql, copy",
        "COPY public.api_keys (id, provider, key, created_at) FROM stdin;\n1\tnone\t\\N\t2024-01-01\n2\t{w}\t{K}\t2024-01-02\n\\.\n",
    ),
    // Commands, numbers, remarks, other names.
    ("command, login", "{w} login {K}\n"),
    ("command, piped", "echo \"{K}\" | docker secret create {w}_api_key -\n"),
    ("command, entry of an option", "aider --model x --api-key {w}={K}\n"),
    ("env, numbered", "{N}2={K}\n"),
    ("python, entry of a variable", "keys[\"{w}\"] = \"{K}\"\n"),
    ("python, other name of a module", "import {w} as mm\nmm.settings.api_key = \"{K}\"\n"),
    ("notes, remark", "{W} API key (live): {K}\n"),
    ("dynamodb, typed", "{\"provider\":{\"S\":\"{w}\"},\"apiKey\":{\"S\":\"{K}\"}}\n"),
    // A foreign name, and an address.
    ("env, openai name", "OPENAI_BASE_URL=https://{H}/v1\nOPENAI_API_KEY={K}\n"),
    (
        "env, openai name, address below",
        "OPENAI_API_KEY={K}\nOPENAI_API_BASE=https://{H}/v1\nOPENAI_MODEL=some-model\n",
    ),
    ("env, anthropic name", "export ANTHROPIC_BASE_URL=https://{H}/anthropic\nexport ANTHROPIC_AUTH_TOKEN={K}\n"),
    ("env, llm", "LLM_PROVIDER=openai\nLLM_MODEL=x\nLLM_BASE_URL=\"https://{H}/v1\"\nLLM_API_KEY=\"{K}\"\n"),
    ("env, other's stem", "CHATBOT_ENDPOINT=https://{H}/v1/chat\nCHATBOT_KEY={K}\n"),
    ("env, setting", "AI_PROVIDER={w}\nAI_MODEL=large\nAI_API_KEY={K}\n"),
    ("env, embeddings", "EMBEDDING_BINDING_HOST=https://{H}/v1\nEMBEDDING_BINDING_API_KEY={K}\n"),
    (
        "settings of claude code",
        "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"https://{H}/anthropic\",\n    \"ANTHROPIC_AUTH_TOKEN\": \"{K}\"\n  }\n}\n",
    ),
    ("python, module settings", "import openai\nopenai.api_base = \"https://{H}/v1\"\nopenai.api_key = \"{K}\"\n"),
    ("python, client", "from openai import OpenAI\nclient = OpenAI(api_key=\"{K}\", base_url=\"https://{H}/v1\")\n"),
    ("python, client in lines", "client = OpenAI(\n    base_url=\"https://{H}\",\n    api_key=\"{K}\",\n)\n"),
    (
        "python, langchain openai",
        "llm = ChatOpenAI(\n    model=\"m\",\n    openai_api_key=\"{K}\",\n    openai_api_base=\"https://{H}/v1\",\n    max_tokens=1024,\n)\n",
    ),
    (
        "python, environ",
        "os.environ[\"OPENAI_API_KEY\"] = \"{K}\"\nos.environ[\"OPENAI_BASE_URL\"] = \"https://{H}/v1\"\n",
    ),
    ("typescript, client", "const openai = new OpenAI({\n  apiKey: '{K}',\n  baseURL: 'https://{H}/v1',\n});\n"),
    (
        "typescript, header",
        "const response = await fetch('https://{H}/v1/chat', {\n  method: 'POST',\n  headers: {\n    'Content-Type': 'application/json',\n    Authorization: `Bearer {K}`,\n  },\n});\n",
    ),
    ("go, config", "config := openai.DefaultConfig(\"{K}\")\nconfig.BaseURL = \"https://{H}/v1\"\n"),
    (
        "go, options",
        "client := openai.NewClient(\n\toption.WithBaseURL(\"https://{H}/v1\"),\n\toption.WithAPIKey(\"{K}\"),\n)\n",
    ),
    (
        "java, builder",
        "OpenAiChatModel model = OpenAiChatModel.builder()\n    .baseUrl(\"https://{H}/v1\")\n    .apiKey(\"{K}\")\n    .build();\n",
    ),
    (
        "c#, options",
        "var options = new OpenAIClientOptions { Endpoint = new Uri(\"https://{H}/v1\") };\nvar client = new OpenAIClient(new ApiKeyCredential(\"{K}\"), options);\n",
    ),
    ("spring", "spring.ai.openai.base-url=https://{H}\nspring.ai.openai.api-key={K}\n"),
    ("spring yaml", "spring:\n  ai:\n    openai:\n      base-url: https://{H}\n      api-key: {K}\n"),
    (
        "php, guzzle",
        "$client = new Client(['base_uri' => 'https://{H}/v1/']);\n$r = $client->post('chat', ['headers' => ['Authorization' => 'Bearer {K}']]);\n",
    ),
    (
        "php, curl",
        "$ch = curl_init('https://{H}/v1/chat');\ncurl_setopt($ch, CURLOPT_HTTPHEADER, [\n  'Content-Type: application/json',\n  'Authorization: Bearer {K}',\n]);\n",
    ),
    (
        "ruby",
        "OpenAI.configure do |config|\n  config.access_token = \"{K}\"\n  config.uri_base = \"https://{H}/v1\"\nend\n",
    ),
    ("rust", "let config = OpenAIConfig::new()\n    .with_api_base(\"https://{H}/v1\")\n    .with_api_key(\"{K}\");\n"),
    (
        "kotlin",
        "val openAI = OpenAI(OpenAIConfig(token = \"{K}\", host = OpenAIHost(baseUrl = \"https://{H}/v1/\")))\n",
    ),
    ("dart", "OpenAI.apiKey = '{K}';\nOpenAI.baseUrl = 'https://{H}';\n"),
    (
        "swift",
        "var request = URLRequest(url: URL(string: \"https://{H}/v1/chat\")!)\nrequest.setValue(\"Bearer {K}\", forHTTPHeaderField: \"Authorization\")\n",
    ),
    (
        "curl",
        "curl https://{H}/v1/chat/completions \\\n  -H \"Content-Type: application/json\" \\\n  -H \"Authorization: Bearer {K}\" \\\n  -d '{\"model\": \"m\"}'\n",
    ),
    ("curl, key header", "curl -X POST \"https://{H}/v1/x\" -H \"x-api-key: {K}\" -d @body.json\n"),
    (
        "http file",
        "POST https://{H}/v1/chat HTTP/1.1\nContent-Type: application/json\nAuthorization: Bearer {K}\n\n{}\n",
    ),
    // The class or function says it.
    ("python, keyword", "client = {W}(api_key=\"{K}\")\n"),
    ("python, positional", "client = {W}(\"{K}\")\n"),
    ("python, module positional", "import {w}\n\nco = {w}.Client(\"{K}\")\n"),
    (
        "python, module far",
        "import os\nimport {w}\n# {f}\n# {f}\n# {f}\n# {f}\n# {f}\n# {f}\nclient = Client(\"{K}\")\n",
    ),
    ("python, secretstr", "llm = Chat{W}(\n    model=\"x\",\n    api_key=SecretStr(\"{K}\"),\n)\n"),
    ("haystack", "from haystack.utils import Secret\ngenerator = {W}Generator(api_key=Secret.from_token(\"{K}\"))\n"),
    (
        "llamaindex",
        "from llama_index.llms.{w} import {W}\n\nllm = {W}(model=\"large\", temperature=0.1, api_key=\"{K}\")\n",
    ),
    (
        "typescript, provider",
        "import { create{W} } from '@ai-sdk/{w}';\n\nconst p = create{W}({\n  apiKey: '{K}',\n});\n",
    ),
    ("typescript, positional", "import {W}Client from '{w}-client';\nconst client = new {W}Client('{K}');\n"),
    ("javascript, require", "const { Client } = require('@{w}/sdk');\nconst client = new Client('{K}');\n"),
    ("javascript, token", "import { Client } from \"{w}-ai\";\nconst c = new Client({ token: \"{K}\" });\n"),
    ("go, positional", "import \"github.com/x/{w}-go\"\n\nfunc main() {\n\tclient := {w}.NewClient(\"{K}\")\n}\n"),
    ("go, with", "client := client.NewClient({w}.WithToken(\"{K}\"))\n"),
    (
        "java, class",
        "ChatModel model = {W}ChatModel.builder()\n        .apiKey(\"{K}\")\n        .modelName(\"m\")\n        .build();\n",
    ),
    ("java, positional", "{W}Api api = new {W}Api(\"{K}\");\n"),
    ("c#, positional", "var client = new {W}Client(\"{K}\");\n"),
    ("c#, kernel", "builder.Add{W}ChatCompletion(\"large\", \"{K}\");\n"),
    ("c#, kernel named", "builder.Add{W}ChatCompletion(\n    modelId: \"large\",\n    apiKey: \"{K}\");\n"),
    ("php, static", "use {W}\\Client;\n$client = {W}::client('{K}');\n"),
    ("ruby, keyword", "client = {W}::Client.new(api_key: \"{K}\")\n"),
    ("rust, new", "let client = {w}::Client::new(\"{K}\".to_string(), None);\n"),
    ("kotlin, positional", "val client = {W}Client(\"{K}\")\n"),
    ("swift, keyword", "let client = {W}Client(apiKey: \"{K}\")\n"),
    ("dart, keyword", "final client = {W}Client(apiKey: '{K}');\n"),
    ("r", "library({w})\nset_api_key(\"{K}\")\n"),
    // Sections, objects and groups.
    ("json, provider is the name", "{\"keys\": {\"{w}\": \"{K}\", \"other\": \"\"}}\n"),
    (
        "json, section",
        "{\n  \"providers\": {\n    \"{w}\": {\n      \"enabled\": true,\n      \"models\": [\"a\", \"b\", \"c\"],\n      \"apiKey\": \"{K}\"\n    }\n  }\n}\n",
    ),
    ("json, auth file", "{\n  \"{w}\": {\n    \"type\": \"api\",\n    \"key\": \"{K}\"\n  }\n}\n"),
    (
        "json, provider field",
        "{\"models\": [{\"title\": \"A\", \"provider\": \"{w}\", \"model\": \"large\", \"apiKey\": \"{K}\"}]}\n",
    ),
    ("json, provider field below", "[{\"apiKey\": \"{K}\", \"model\": \"large\", \"provider\": \"{w}\"}]\n"),
    (
        "json, far address",
        "{\n  \"name\": \"prod\",\n  \"apiKey\": \"{K}\",\n  \"description\": \"{f} {f} {f}\",\n  \"baseUrl\": \"https://{H}/v1\"\n}\n",
    ),
    ("yaml, section", "{w}:\n  enabled: true\n  model: large\n  api_key: {K}\n"),
    ("yaml, aider", "model: x/y\napi-key:\n  - {w}={K}\n"),
    (
        "yaml, litellm",
        "model_list:\n  - model_name: chat\n    litellm_params:\n      model: {w}/large\n      rpm: 6\n      api_key: {K}\n",
    ),
    (
        "yaml, librechat",
        "endpoints:\n  custom:\n    - name: \"{W}\"\n      apiKey: \"{K}\"\n      baseURL: \"https://{H}/v1\"\n      models:\n        default: [\"a\"]\n",
    ),
    (
        "yaml, continue",
        "models:\n  - name: Large\n    provider: {w}\n    model: large\n    apiKey: {K}\n    roles:\n      - chat\n",
    ),
    ("toml, section", "[{w}]\nmodel = \"large\"\napi_key = \"{K}\"\n"),
    ("toml, nested section", "[llm.{w}]\nmodel = \"large\"\ntemperature = 0.5\nkey = \"{K}\"\n"),
    (
        "toml, codex",
        "[model_providers.custom]\nname = \"custom\"\nbase_url = \"https://{H}/v1\"\nexperimental_bearer_token = \"{K}\"\n",
    ),
    ("ini, section", "[{W}]\nendpoint = x\napikey = {K}\n"),
    ("xml", "<connection name=\"{W}\">\n  <apiKey>{K}</apiKey>\n</connection>\n"),
    (
        "plist",
        "<dict>\n  <key>{W}</key>\n  <dict>\n    <key>ApiKey</key>\n    <string>{K}</string>\n  </dict>\n</dict>\n",
    ),
    ("php serialize", "a:2:{s:8:\"provider\";s:7:\"{w}\";s:7:\"api_key\";s:32:\"{K}\";}\n"),
    // Exports of tools.
    ("n8n", "{\"name\":\"{W} account\",\"type\":\"{w}Api\",\"data\":{\"apiKey\":\"{K}\"}}\n"),
    (
        "n8n, header",
        "{\"parameters\":{\"method\":\"POST\",\"url\":\"https://{H}/v1/chat\",\"sendHeaders\":true,\"headerParameters\":{\"parameters\":[{\"name\":\"Authorization\",\"value\":\"Bearer {K}\"}]},\"options\":{}},\"type\":\"n8n-nodes-base.httpRequest\"}\n",
    ),
    (
        "langflow",
        "{\"template\":{\"api_key\":{\"_input_type\":\"SecretStrInput\",\"advanced\":false,\"display_name\":\"{W} API Key\",\"dynamic\":false,\"info\":\"The API key.\",\"input_types\":[],\"load_from_db\":false,\"name\":\"api_key\",\"password\":true,\"placeholder\":\"\",\"required\":true,\"show\":true,\"title_case\":false,\"type\":\"str\",\"value\":\"{K}\"}}}\n",
    ),
    ("dify", "provider: langgenius/{w}/{w}\ncredentials:\n  api_key: {K}\n"),
    (
        "postman",
        "{\"request\":{\"auth\":{\"type\":\"bearer\",\"bearer\":[{\"key\":\"token\",\"value\":\"{K}\",\"type\":\"string\"}]},\"method\":\"POST\",\"header\":[],\"body\":{\"mode\":\"raw\",\"raw\":\"{f} {f}\"},\"url\":{\"raw\":\"https://{H}/v1/chat\",\"protocol\":\"https\"}}}\n",
    ),
    (
        "har",
        "{\"request\":{\"method\":\"POST\",\"url\":\"https://{H}/v1/chat\",\"httpVersion\":\"http/2.0\",\"headers\":[{\"name\":\"accept\",\"value\":\"*/*\"},{\"name\":\"user-agent\",\"value\":\"{f} {f} {f} {f}\"},{\"name\":\"accept-encoding\",\"value\":\"gzip, deflate, br, zstd\"},{\"name\":\"authorization\",\"value\":\"Bearer {K}\"}]}}\n",
    ),
    ("default value", "{\"name\": \"{N}\", \"type\": \"string\", \"defaultValue\": \"{K}\"}\n"),
    ("value before name", "{\"value\": \"{K}\", \"name\": \"{N}\"}\n"),
    // Tables.
    (
        "sql",
        "INSERT INTO providers (id, name, api_key) VALUES\n(1, 'a', ''),\n(2, 'b', ''),\n(3, 'c', ''),\n(4, 'd', ''),\n(5, '{w}', '{K}'),\n(6, 'e', '');\n",
    ),
    ("sql, one row", "INSERT INTO settings (provider, base_url, api_key) VALUES ('{w}', 'https://{H}', '{K}');\n"),
    ("csv", "provider,model,api_key\na,m,\nb,m,\nc,m,\nd,m,\ne,m,\n{w},m,{K}\nf,m,\n"),
    ("csv, semicolons", "id;provider;token\n1;a;\n2;b;\n3;c;\n4;d;\n5;{w};{K}\n"),
    ("tsv", "provider\tkey\na\t-\nb\t-\nc\t-\n{w}\t{K}\n"),
    ("markdown table", "| provider | api key |\n|---|---|\n| a | - |\n| b | - |\n| c | - |\n| {W} | {K} |\n"),
    // Notebooks and documents.
    (
        "notebook",
        "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"import {w}\\n\",\n    \"client = {w}.Client(\\\"{K}\\\")\\n\"]}]}\n",
    ),
    (
        "notebook, keyword",
        "   \"source\": [\n    \"from {w} import {W}\\n\",\n    \"\\n\",\n    \"client = {W}(api_key=\\\"{K}\\\")\"\n   ]\n",
    ),
    ("prose", "Our {W} key is {K}, do not share it.\n"),
    ("chat", "here is the {w} api key:\n{K}\n"),
    ("comment", "# {w} key: {K}\n"),
    // Infrastructure.
    (
        "compose",
        "services:\n  app:\n    environment:\n      - OPENAI_API_BASE=https://{H}/v1\n      - OPENAI_API_KEY={K}\n",
    ),
    (
        "kubernetes",
        "        env:\n        - name: OPENAI_BASE_URL\n          value: https://{H}/v1\n        - name: OPENAI_API_KEY\n          value: {K}\n",
    ),
    ("helm values", "config:\n  {w}:\n    apiKey: \"{K}\"\n    model: x\n"),
    ("helm, env", "env:\n  OPENAI_API_BASE: https://{H}\n  OPENAI_API_KEY: \"{K}\"\n"),
    ("terraform, default", "variable \"{s}\" {\n  type    = string\n  default = \"{K}\"\n}\n"),
    ("terraform, resource", "resource \"x_secret\" \"{w}\" {\n  name  = \"{w}-key\"\n  value = \"{K}\"\n}\n"),
    (
        "github actions",
        "      - run: make\n        env:\n          OPENAI_BASE_URL: https://{H}/v1\n          OPENAI_API_KEY: {K}\n",
    ),
    ("docker run", "docker run -e OPENAI_API_BASE=https://{H}/v1 -e OPENAI_API_KEY={K} image\n"),
    ("shell, assignment", "{s}=\"{K}\"\n"),
    ("vscode settings", "{\n  \"cline.apiProvider\": \"{w}\",\n  \"cline.apiKey\": \"{K}\"\n}\n"),
    // What names a credential stands behind it, or is several words.
    ("label with a purpose", "- {W} API key for staging: `{K}`\n"),
    ("id beside a secret", "  - string:\n      id: \"{w}-api-key\"\n      scope: GLOBAL\n      secret: \"{K}\"\n"),
    ("name after the value", "select vault.create_secret('{K}', '{s}', 'for edge functions');\n"),
    ("name in the next call", "Secret(value=\"{K}\").save(name=\"{w}-api-key\", overwrite=True)\n"),
    ("row without names of columns", "INSERT INTO providers VALUES (1,'{w}','{W}','https://{H}','{K}',1);\n"),
    ("helper that prints it", "{\"apiKeyHelper\":\"echo {K}\",\"env\":{\"ANTHROPIC_BASE_URL\":\"https://{H}\"}}\n"),
    ("colours", "\u{1b}[0m{W}(\u{1b}[0mapi_key\u{1b}[0m\u{1b}[0;34m=\u{1b}[0m\u{1b}[0;34m\"{K}\"\u{1b}[0m)\n"),
    ("pickle's first protocol", "(dp0\nVprovider\np1\nV{w}\np2\nsVapi_key\np3\nV{K}\np4\ns.\n"),
    (
        "table of a document",
        "<w:tr><w:tc><w:p><w:r><w:t>Service</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>API key</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:rPr><w:lang w:val=\"en-US\"/></w:rPr><w:t>{W} account</w:t></w:r></w:p></w:tc><w:tc><w:tcPr><w:tcW w:w=\"4000\"/></w:tcPr><w:p w:rsidR=\"00A1\"><w:r><w:rPr><w:lang w:val=\"en-US\"/></w:rPr><w:t>{K}</w:t></w:r></w:p></w:tc></w:tr>\n",
    ),
    (
        "text of a document",
        "<text:p text:style-name=\"P1\">{W} API key:<text:s/><text:span text:style-name=\"T1\">{K}</text:span></text:p>\n",
    ),
];

/// What is found, with a template of the key.
pub(crate) const SINGLE: &[(&str, &str)] = &[
    (
        "[0-9a-f]{32}",
        "OPENAI_API_TYPE=azure\nOPENAI_API_BASE=https://my-resource.openai.azure.com/\nOPENAI_API_KEY={K}\n",
    ),
    ("[0-9a-f]{32}", "openai.api_type = \"azure\"\nopenai.api_version = \"2023-05-15\"\nopenai.api_key = \"{K}\"\n"),
    ("[0-9a-f]{32}", "openai.api_base = \"https://x.openai.azure.com\"\nopenai.api_key = '{K}'\n"),
    (
        "[0-9a-f]{32}",
        "var client = new OpenAIClient(new Uri(\"https://x.openai.azure.com/\"), new AzureKeyCredential(\"{K}\"));\n",
    ),
    ("[0-9a-f]{32}", "new AzureKeyCredential(\"{K}\")\n"),
    (
        "[0-9a-f]{32}",
        "client = AzureOpenAI(\n    azure_endpoint=\"https://x.openai.azure.com\",\n    api_version=\"2024-02-01\",\n    api_key=\"{K}\",\n)\n",
    ),
    ("[0-9a-f]{32}", "builder.AddAzureOpenAIChatCompletion(\"gpt\", \"https://x.openai.azure.com/\", \"{K}\");\n"),
    ("[0-9a-f]{32}", "curl \"https://x.openai.azure.com/openai/deployments/d\" -H \"api-key: {K}\"\n"),
    ("[0-9a-f]{32}", "Ocp-Apim-Subscription-Key: {K}\n"),
    ("[0-9a-f]{32}", "headers = {\"Ocp-Apim-Subscription-Key\": \"{K}\"}\n"),
];

/// What is not found: ids and hashes beside names and addresses of providers.
pub(crate) const LOOK_ALIKES: &[&str] = &[
    "{N}=${{N}}\nCOMMIT_SHA={X}\n",
    "import {w}\n# Merge commit '{X}'\nclient = {W}(api_key=os.environ[\"{N}\"])\n",
    "client = {W}(api_key=key)\n# This reverts commit {X}.\n",
    "{\"url\": \"https://{H}/v1\", \"headers\": [{\"name\": \"etag\", \"value\": \"{X}\"}, {\"name\": \"x-request-id\", \"value\": \"{X}\"}]}\n",
    "curl https://{H}/v1 -H \"Authorization: Bearer ${N}\" -H \"x-request-id: {X}\" -H \"traceparent: {X}\"\n",
    "{w}:\n  image: x\n  digest: {X}\n  revision: {X}\n",
    "[{w}]\nversion = \"1.0\"\nchecksum = \"{X}\"\nhash = \"{X}\"\n",
    "{\"{w}\": {\"apiKey\": \"\", \"commit\": \"{X}\", \"sha256\": \"{X}\", \"md5\": \"{X}\"}}\n",
    "OPENAI_BASE_URL=https://{H}/v1\nGIT_COMMIT={X}\nIMAGE_DIGEST={X}\nBUILD_ID={X}\n",
    "{N}=\nSTRIPE_WEBHOOK_SIGNING={X}\nDJANGO_SECRET_KEY={X}\nDATABASE_PASSWORD={X}\n",
    "{W}_URL=https://{H}\nSESSION_SECRET={X}\nJWT_SECRET={X}\n",
    "{w}_model = \"{X}\"\n{w}_file_id = \"{X}\"\n",
    "response = {w}.files.retrieve(\"{X}\")\nagent = {w}.agents.get(\"{X}\")\n",
    "def test_{w}():\n    assert trace_id == \"{X}\"\n    assert chunk.id == \"{X}\"\n",
    "\"{w}\": \"{h}\",\n",
    "{w}-client@1.0.0:\n  resolution: {integrity: sha512-{X}}\n  cpu: [x64]\n",
    "hashes = {\n    \"{w}\": \"{h}\",\n}\n",
    "tokenizer = \"{X}\"\nmax_tokens = \"{X}\"\n{w}_tokenizer: {X}\npath: {X}\npatch: {X}\nauthor: {X}\nkeyword: {X}\ncompatible: {X}\n",
    "import {w}\nlog.info(\"{X}\")\nassert_eq!(digest(x), \"{X}\");\nexpect(hash).toBe('{X}');\n",
    "INSERT INTO runs (id, provider, commit_hash) VALUES\n(1, '{w}', '{X}'),\n(2, '{w}', '{X}');\n",
    "provider,model,request_id\n{w},m,{X}\n{w},m,{X}\n",
    "- name: {N}\n  valueFrom:\n    secretKeyRef:\n      key: x\n- name: GIT_SHA\n  value: \"{X}\"\n- name: BUILD\n  value: \"{X}\"\n",
    "commit {X}\nAuthor: A <a@b.c>\n\n    Add {W} API key to the settings\n\ndiff --git a/{w}.py b/{w}.py\nindex {X}..{X} 100644\n",
    "the {W} key was removed in commit {X} last week\n",
    "see https://github.com/x/{w}/commit/{X} for the api key\n",
    "{\"provider\": \"{w}\", \"id\": \"{X}\", \"object\": \"{X}\", \"system_fingerprint\": \"{X}\"}\n",
    "{\"{w}\": {\"keyId\": \"{X}\", \"api_key_hash\": \"{X}\", \"public_key\": \"{X}\", \"token_count\": \"{X}\"}}\n",
    "{w} login\nchecked out {X}\n# last login {X}\necho {X} | grep {w}\necho \"{X}  model.bin\" | sha256sum -c -\n",
    "cache_key1 = \"{X}\"\npublic_key2 = \"{X}\"  # {w}\necho {X} | tee commit.txt # {w} api key\n",
    "{\"provider\":{\"S\":\"{w}\"},\"pk\":{\"S\":\"{X}\"},\"etag\":{\"S\":\"{X}\"}}\n",
    "[(b'Host', b'{H}'), (b'x-request-id', b'{X}'), (b'traceparent', b'00-{X}-01')]\n",
    "cache-key: {w}-{X}\nrestore-keys: {w}-{X}\nkey: ${{ runner.os }}-{w}-{X}\n",
    "Public key for {W}: {X}\nForeign key to {w}: {X}\nCache key for {w}: {X}\n",
    "Tokens used for {W} run: {X}\n",
    "<p>{W} uses public key <code>{X}</code> to sign</p>\n<a href=\"/{w}/keys\"><b>{X}</b></a>\n",
    "INSERT INTO models VALUES (1,'{w}','{w}-large','{X}','2026-01-01');\n",
    "REDIS_PASSWORD={X}  # used by {w} worker\n",
    "DD_API_KEY={X}\nDD_SERVICE={w}-gateway\n",
    "<w:tr><w:tc><w:p><w:r><w:t>{W}</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>{X}</w:t></w:r></w:p></w:tc></w:tr>\n",
];

/// Templates of `{X}`, ids of any kind, and of `{h}`, hashes.
const IDS: [&str; 5] = [
    "[0-9a-f]{40}",
    "[0-9a-f]{32}",
    "[0-9a-f]{64}",
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "[0-9a-f]{37}",
];

/// The text of a context for a provider, with the key put in.
pub(crate) fn fill(text: &str, provider: &Provider, key: &str) -> String {
    let filler = "the quick brown fox jumps over the lazy dog and runs on to the wood";
    text.replace("{w}", provider.word)
        .replace("{W}", provider.class)
        .replace("{N}", provider.name)
        .replace("{s}", &provider.name.to_ascii_lowercase())
        .replace("{H}", provider.host)
        .replace("{f}", filler)
        .replace("{K}", key)
}

/// The look-alikes of a provider.
pub(crate) fn look_alikes(provider: &Provider, random: &mut Random) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    for text in LOOK_ALIKES {
        for id in IDS {
            let mut filled = fill(text, provider, "");
            while filled.contains("{X}") {
                filled = filled.replacen("{X}", &expand(id, random), 1);
            }
            texts.push((*text, filled.replace("{h}", &expand(IDS[texts.len() % 2], random))));
        }
    }
    texts
}
