import { test } from 'node:test';
import { world } from 'tracker-mock/testing';
import { failing } from '../cases.cjs';

failing((name, options, body) => test(name, async (t) => body(await world(t, options))));
