// A request as a test that sends it again.

// What the client library sets by itself.
const OWN = ['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding', 'user-agent', 'accept'];

function parts(record) {
  const file = record.upload?.parts.find(part => part.filename || part['filename*']);
  const headers = Object.entries(record.headers)
    .filter(([name]) => !OWN.includes(name) && !(file && name === 'content-type'))
    .map(([name, value]) => [name, value.replace('***', 'token')]);
  const target = record.path + (record.query ? `?${record.query}` : '');
  return { file, headers, target, name: file && (file.filename || record.upload.name?.value || 'file'), body: record.requestText };
}

const q = JSON.stringify;

function remarks(record, mark) {
  const lines = [];
  if (record.fault) lines.push(`${mark} A fault struck it: ${record.fault.what} (${record.fault.at}).`);
  if (record.upload) lines.push(`${mark} The file has as many bytes as that of the client; the bytes themselves are not kept.`);
  if (record.requestText && record.requestBytes > 1024) lines.push(`${mark} The body is longer; only its first KiB is kept.`);
  return lines;
}

export function pytest(record) {
  const { file, headers, target, name, body } = parts(record);
  const sent = file
    ? [`        files={${q(file.name ?? 'file')}: (${q(name)}, b"x" * ${file.bytes}, ${q(file.contentType ?? 'application/octet-stream')})},`]
    : body
      ? [`        data=${q(body)}.encode(),`]
      : [];
  return [
    'import requests',
    '',
    `URL = ${q(location.origin)}`,
    '',
    '',
    `def test_request_${record.id}():`,
    ...remarks(record, '    #'),
    '    answer = requests.request(',
    `        ${q(record.method)},`,
    `        URL + ${q(target)},`,
    `        headers={${headers.map(([key, value]) => `${q(key)}: ${q(value)}`).join(', ')}},`,
    ...sent,
    '        timeout=10,',
    '    )',
    `    assert answer.status_code == ${record.status ?? 200}, answer.text`,
    '',
  ].join('\n');
}

export function nodeTest(record) {
  const { file, headers, target, name, body } = parts(record);
  const form = file
    ? [
        '  const body = new FormData();',
        `  const file = new Blob(['x'.repeat(${file.bytes})], { type: ${q(file.contentType ?? 'application/octet-stream')} });`,
        `  body.append(${q(file.name ?? 'file')}, file, ${q(name)});`,
      ]
    : body
      ? [`  const body = ${q(body)};`]
      : [];
  return [
    "import assert from 'node:assert/strict';",
    "import test from 'node:test';",
    '',
    `test('request ${record.id}', async () => {`,
    ...remarks(record, '  //'),
    ...form,
    `  const answer = await fetch(${q(location.origin + target)}, {`,
    `    method: ${q(record.method)},`,
    `    headers: { ${headers.map(([key, value]) => `${q(key)}: ${q(value)}`).join(', ')} },`,
    ...(form.length > 0 ? ['    body,'] : []),
    '  });',
    `  assert.equal(answer.status, ${record.status ?? 200}, await answer.text());`,
    '});',
    '',
  ].join('\n');
}
