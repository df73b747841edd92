import { test } from 'node:test';
import { world } from 'tracker-mock/testing';
import { passing } from '../cases.cjs';

passing((name, options, body) => test(name, async (t) => body(await world(t, options))));
