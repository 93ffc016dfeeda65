import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

// Debian's chromium-common brings SwiftShader, a Vulkan device made of software, and the Vulkan loader.
const description = process.env.MAMBAAD_SWIFTSHADER ?? '/usr/lib/chromium/vk_swiftshader_icd.json';

const keepLoaded = 0x1000; // RTLD_NODELETE; node:os does not name it

/**
 * Lets WebGPU find SwiftShader in this process. Call it before anything loads the package `webgpu`.
 *
 * @returns undefined when it can be used, else the reason why not
 */
export function useSoftwareGpu(): string | undefined {
  if (process.platform !== 'linux') return 'SwiftShader is only looked for on Linux';
  if (!existsSync(description)) {
    return `no ${description}: install chromium-common or set MAMBAAD_SWIFTSHADER`;
  }
  process.env.VK_DRIVER_FILES = description;
  process.env.VK_ICD_FILENAMES = description;
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  loadVulkanBeside(description);
  return undefined;
}

/** Dawn opens libvulkan.so.1 by name; a library of that name that is already loaded needs no search path. */
function loadVulkanBeside(file: string): void {
  const library = join(dirname(file), 'libvulkan.so.1');
  if (!existsSync(library)) return;
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | keepLoaded);
  } catch {
    // Always thrown: it is no Node module. It stays loaded all the same.
  }
}
