'use strict';
// Has `require` take src, test and examples from what compile.cjs made of them, under their own names, and 'ostinato' from src.

const fs = require('node:fs');
const { requireTypeScript, takeSource } = require('../require-typescript.cjs');
const { compiledOf } = require('./places.cjs');

requireTypeScript((file) => fs.readFileSync(compiledOf(file), 'utf8'));
takeSource();
