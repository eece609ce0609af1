# The add-on through node-gyp: the same files and flags as CMakeLists.txt, out of the same list
# (native/sources.json). gyp has no flags per file, so each instruction set is a static library.
{
  'target_defaults': {
    'configurations': { 'Release': {}, 'Debug': {} },
    'default_configuration': 'Release',
    'defines': ['NDEBUG'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-std=gnu++2a'],
    'cflags_cc': ['<!@(node scripts/sources.cjs flags)'],
    'cflags': ['-fPIC'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
      'CLANG_CXX_LIBRARY': 'libc++',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs flags)'],
    },
  },
  'targets': [
    {
      'target_name': 'ostinato',
      'sources': ['<!@(node scripts/sources.cjs common)', '<!@(node scripts/sources.cjs addon)'],
      'defines': [
        '<!@(node scripts/sources.cjs addonDefinitions)',
        '<!@(node scripts/sources.cjs definitions <(target_arch))',
      ],
      'include_dirs': ['<!@(node scripts/sources.cjs nodeAddonApi)'],
      'cflags_cc': ['<!@(node scripts/sources.cjs addonFlags)'],
      'xcode_settings': {
        'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs addonFlags)'],
      },
      'dependencies': ['kernels_scalar'],
      'conditions': [
        ['target_arch=="x64"', { 'dependencies': ['kernels_avx2', 'kernels_avx512'] }],
        ['target_arch=="arm64"', { 'dependencies': ['kernels_neon'] }],
        ['OS=="mac"', { 'xcode_settings': { 'OTHER_LDFLAGS': ['-Wl,-S,-x'] } }],
        ['OS=="linux"', { 'ldflags': ['-Wl,-s', '-pthread'] }],
      ],
    },
    {
      'target_name': 'kernels_scalar',
      'type': 'static_library',
      'sources': ['<!@(node scripts/sources.cjs kernels scalar)'],
      'defines': ['<!@(node scripts/sources.cjs isa-definitions scalar)'],
      'cflags_cc': ['<!@(node scripts/sources.cjs isa-flags scalar)'],
      'xcode_settings': {
        'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs isa-flags scalar)'],
      },
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_avx2',
          'type': 'static_library',
          'sources': ['<!@(node scripts/sources.cjs kernels avx2)'],
          'defines': ['<!@(node scripts/sources.cjs isa-definitions avx2)'],
          'cflags_cc': ['<!@(node scripts/sources.cjs isa-flags avx2)'],
          'xcode_settings': {
            'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs isa-flags avx2)'],
          },
        },
        {
          'target_name': 'kernels_avx512',
          'type': 'static_library',
          'sources': ['<!@(node scripts/sources.cjs kernels avx512)'],
          'defines': ['<!@(node scripts/sources.cjs isa-definitions avx512)'],
          'cflags_cc': ['<!@(node scripts/sources.cjs isa-flags avx512)'],
          'xcode_settings': {
            'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs isa-flags avx512)'],
          },
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'kernels_neon',
          'type': 'static_library',
          'sources': ['<!@(node scripts/sources.cjs kernels neon)'],
          'defines': ['<!@(node scripts/sources.cjs isa-definitions neon)'],
          'cflags_cc': ['<!@(node scripts/sources.cjs isa-flags neon)'],
          'xcode_settings': {
            'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/sources.cjs isa-flags neon)'],
          },
        },
      ],
    }],
  ],
}
