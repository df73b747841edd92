export { setup, setup as default } from './global-setup.js';
