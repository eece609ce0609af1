"""Reads the add-ons that scripts/prebuild.cjs made and holds each to what its target promises.

    python3 scripts/check-prebuilds.py [folder of a target ...]     all of prebuilds/ when none is named

Linux: no symbol version newer than glibc 2.17 (none at all for musl), no library but the C library's own,
only Node-API left undefined beside it. macOS: no system newer than 11.0, libSystem alone, a signature on arm64.
Windows: the system's libraries, and Node-API from the program itself. x64: no instruction that the compiler is known to get
wrong. Needs the package lief.
"""

import pathlib
import re
import subprocess
import sys

import lief

ROOT = pathlib.Path(__file__).resolve().parent.parent
GLIBC = {"libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6", "librt.so.1",
         "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
MUSL = {"libc.so"}
GLIBC_FLOOR = (2, 17)
# What every program's own thread-local segment has, see OwnWork in native/runtime/threads.cc.
TLS_ALIGNMENT = 16
MACOS_FLOOR = (11, 0)
WINDOWS = re.compile(r"^(kernel32|ntdll|advapi32|api-ms-win-(core|crt)-[\w-]+|ucrtbase)\.dll$", re.I)
NODE_API = re.compile(r"^(napi|node_api)_\w+$")
ENTRY = ("napi_register_module_v1",)

# VPTERNLOGD/Q whose result replaces the lanes of a mask: EVEX prefix of map 0F3A and 66, a mask, no zeroing, opcode 25.
TERNARY = re.compile(rb"\x62[%b][%b][%b]\x25" % tuple(
    b"".join(re.escape(bytes([byte])) for byte in range(256) if good(byte))
    for good in (lambda p: p & 15 == 3, lambda p: p & 7 == 5, lambda p: p & 7 != 0 and p < 128)))


def ternary_logic(binary):
    """LLVM 22 swaps two orders of operands in these (llvm-project issue 157929), which no processor without AVX-512 shows. Code
    that selects between x and a combination of x's bits becomes one: write it without the selection."""
    names = {".text", "__text"}
    count = sum(len(TERNARY.findall(bytes(section.content))) for section in binary.sections if section.name in names)
    if count > 0:
        yield f"has {count} masked vpternlog, to which LLVM 22 gives wrong tables"


def elf(binary, target):
    arch = lief.ELF.ARCH.X86_64 if "x64" in target else lief.ELF.ARCH.AARCH64
    if binary.header.machine_type != arch:
        yield f"made for {binary.header.machine_type}"
    musl = target.endswith("-musl")
    for library in binary.libraries:
        if library not in (MUSL if musl else GLIBC):
            yield f"needs {library}"
    newest = (0, 0)
    for requirement in binary.symbols_version_requirement:
        for auxiliary in requirement.get_auxiliary_symbols():
            version = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", auxiliary.name)
            if musl or version is None:
                yield f"needs version {auxiliary.name} of {requirement.name}"
            else:
                newest = max(newest, (int(version[1]), int(version[2])))
    if newest > GLIBC_FLOOR:
        yield f"needs glibc {newest[0]}.{newest[1]}"
    for symbol in binary.imported_symbols:
        versioned = symbol.has_version and symbol.symbol_version.symbol_version_auxiliary is not None
        weak = symbol.binding == lief.ELF.Symbol.BINDING.WEAK
        if not (versioned or musl or weak or symbol.name == "" or NODE_API.match(symbol.name)):
            yield f"leaves {symbol.name} undefined"
    for segment in binary.segments:
        if segment.type == lief.ELF.Segment.TYPE.TLS and segment.alignment > TLS_ALIGNMENT:
            yield f"aligns its thread-local segment to {segment.alignment} bytes, which glibc on Arm refuses"
    if binary.has(lief.ELF.Segment.TYPE.GNU_STACK):
        if binary.get(lief.ELF.Segment.TYPE.GNU_STACK).has(lief.ELF.Segment.FLAGS.X):
            yield "asks for an executable stack"
    exported = {symbol.name for symbol in binary.exported_symbols}
    yield from entry(exported)


def macho(binary, target):
    arch = lief.MachO.Header.CPU_TYPE.X86_64 if "x64" in target else lief.MachO.Header.CPU_TYPE.ARM64
    if binary.header.cpu_type != arch:
        yield f"made for {binary.header.cpu_type}"
    version = tuple(binary.build_version.minos[:2]) if binary.has_build_version else None
    if version is None or version > MACOS_FLOOR:
        yield f"needs macOS {version}"
    if "arm64" in target and not binary.has_code_signature:
        yield "has no signature, without which macOS on arm64 loads nothing"
    own = "@rpath/ostinato.node"
    for library in binary.libraries:
        if library.command == lief.MachO.LoadCommand.TYPE.ID_DYLIB or library.name == own:
            continue
        if library.name != "/usr/lib/libSystem.B.dylib":
            yield f"needs {library.name}"
    for symbol in binary.imported_symbols:
        named = symbol.name.lstrip("_")
        bound = symbol.has_binding_info and symbol.binding_info.has_library
        if not bound and not NODE_API.match(named) and named != "dyld_stub_binder":
            yield f"leaves {named} undefined"
    yield from entry({symbol.name.lstrip("_") for symbol in binary.exported_symbols})


def pe(binary, target):
    machines = lief.PE.Header.MACHINE_TYPES
    arch = machines.AMD64 if "x64" in target else machines.ARM64
    if binary.header.machine != arch:
        yield f"made for {binary.header.machine}"
    for library in binary.imports:
        if library.name.lower() == "node.exe":
            for imported in library.entries:
                if not NODE_API.match(imported.name):
                    yield f"wants {imported.name} of node.exe"
        elif not WINDOWS.match(library.name):
            yield f"needs {library.name}"
    yield from entry({symbol.name for symbol in binary.exported_functions})


def entry(exported):
    for name in ENTRY:
        if name not in exported:
            yield f"does not export {name}"


def check(target):
    file = ROOT / "prebuilds" / target / "ostinato.node"
    if not file.is_file():
        return ["missing"]
    binary = lief.parse(str(file))
    if isinstance(binary, lief.ELF.Binary):
        kind, read = "linux", elf
    elif isinstance(binary, lief.PE.Binary):
        kind, read = "win32", pe
    elif isinstance(binary, lief.MachO.Binary):
        kind, read = "darwin", macho
    else:
        return ["not a shared library"]
    if not target.startswith(kind):
        return [f"a library for {kind}"]
    faults = list(read(binary, target))
    if "x64" in target:
        faults += ternary_logic(binary)
    return faults


def targets():
    names = "Object.keys(require('./addon.cjs').prebuilt).join(' ')"
    return subprocess.run(["node", "-p", names], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def main(names):
    failed = False
    for target in names or targets():
        faults = check(target)
        print(f"{target:<17}" + ("holds" if not faults else "; ".join(faults)))
        failed |= bool(faults)
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
