// A client of the API, three times: with fetch, axios and undici. Each uploads a file and attaches it.
'use strict';
const axios = require('axios');
const { Agent, FormData: UndiciForm, request } = require('undici');

// Its own, and not that of Node's fetch, which may be of another version of undici.
const dispatcher = new Agent();

const form = (Form, text, name) => {
  const made = new Form();
  made.append('file', new Blob([text], { type: 'text/plain' }), name);
  return made;
};

const posts = {
  async fetch(url, headers, body) {
    const answer = await fetch(url, { method: 'POST', headers, body });
    return { status: answer.status, data: await answer.json() };
  },
  async axios(url, headers, body) {
    const { status, data } = await axios.post(url, body, { headers, validateStatus: null, proxy: false });
    return { status, data };
  },
  async undici(url, headers, body) {
    const answer = await request(url, { method: 'POST', headers, body, dispatcher });
    return { status: answer.statusCode, data: await answer.body.json() };
  },
};

const clients = Object.fromEntries(
  Object.entries(posts).map(([name, post]) => [
    name,
    {
      upload: (world, text, file, path = '/v2/attachments/') =>
        post(world.url + path, world.headers, form(name === 'undici' ? UndiciForm : FormData, text, file)),
      attach: (world, id, to = 'project/4') => post(`${world.url}/v2/entities/${to}/attachments/${id}`, world.headers),
    },
  ]),
);

exports.clients = clients;
exports.upload = clients.fetch.upload;
exports.attach = clients.fetch.attach;
