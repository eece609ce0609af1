'use strict';
// The add-on for OSTINATO_ADDON, with uninitialized memory full of NaN: each storage when it comes into use, and again when
// it goes out of it. POISONED_ADDON names the add-on itself, where it is not the one that was built.
const { existsSync } = require('node:fs');
const { addonPaths } = require('../../scripts/builders/project.cjs');

const addon = require(process.env.POISONED_ADDON || addonPaths.find((file) => existsSync(file)));

module.exports = {
  ...addon,
  setAddressable(buffer, byteOffset, capacity, bytes) {
    // Under AddressSanitizer what is out of use cannot be written.
    addon.setAddressable?.(buffer, byteOffset, capacity, capacity);
    // NaN as float32 and float64, -1 as int32.
    new Uint8Array(buffer, byteOffset, capacity).fill(0xff);
    addon.setAddressable?.(buffer, byteOffset, capacity, bytes);
  },
};
