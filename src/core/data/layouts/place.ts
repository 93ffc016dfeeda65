import type { Buffer } from 'node:buffer';
import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import {
  areUnclearPair,
  folderKey,
  isBareLabel,
  isGenericLabel,
  isStrongMaskName,
  type Meaning,
  meaningOf,
  withoutMaskWord,
} from './folder-meaning.js';
import type { Split } from './layout.js';
import { type Entry, visibleFoldersIn } from './walk.js';

/** What is known of the images in a folder from its name and those above it. */
export interface Place {
  readonly class: string;
  /** The class of labelled folders below, where `class` is only the name of a container ("images"). */
  readonly outer?: string | undefined;
  readonly split?: Split | undefined;
  readonly label?: 'normal' | 'anomaly' | undefined;
  readonly defect?: string | undefined;
  /** The label of images that no folder below the given one labels. */
  readonly fallback?: 'normal' | 'anomaly' | undefined;
  /** Why an image without a label may not be taken for a good part. */
  readonly doubt?: string | undefined;
  /** A folder whose name is no known word is a kind of defect (MVTec), not a class. */
  readonly kinds: boolean;
  /** The masks lie beside the splits (MVTec): "label" among the kinds of defect is one of them. */
  readonly truthBeside?: boolean;
  /** Names of the folders from the class down, for finding masks. */
  readonly folders: readonly string[];
}

/** The subfolders of a folder by what their names mean. */
export interface Subfolders {
  readonly meanings: ReadonlyMap<Entry, Meaning | 'group' | undefined>;
  readonly masks: readonly Entry[];
  readonly normal: boolean;
  /** The name of one that is defective. */
  readonly anomaly?: string | undefined;
  readonly unclear: boolean;
}

/**
 * @param hasImages whether there are images that masks may be of: a folder of masks by itself is one of images
 * @param strict only folders whose names can mean nothing else hold masks
 */
export async function subfoldersOf(
  entries: readonly Entry[],
  { hasImages = false, strict = false }: { hasImages?: boolean; strict?: boolean | undefined } = {},
): Promise<Subfolders> {
  const folders = entries.filter(({ kind }) => kind === 'folder');
  const meanings = new Map<Entry, Meaning | 'group' | undefined>();
  for (const folder of folders) {
    const meaning = await meaningAmong(folder, folders);
    meanings.set(
      folder,
      meaning === 'mask' && strict && !isStrongMaskName(folder.name) ? undefined : meaning,
    );
  }
  const named = (wanted: Meaning) => folders.filter((folder) => meanings.get(folder) === wanted);
  const masks = named('mask');
  return {
    meanings,
    masks: hasImages || masks.length < folders.length ? masks : [],
    normal: named('normal').length > 0,
    anomaly: named('anomaly')[0]?.name,
    unclear: areUnclearPair(folders.map(({ name }) => name)),
  };
}

async function meaningAmong(
  folder: Entry,
  siblings: readonly Entry[],
): Promise<Meaning | 'group' | undefined> {
  const meaning = meaningOf(folder.name);
  if (meaning === undefined || (meaning === 'anomaly' && !isBareLabel(folder.name))) {
    const rest = withoutMaskWord(folder.name);
    if (rest !== undefined && siblings.some(({ name }) => folderKey(name) === rest)) return 'mask'; // bolt, bolt_masks
    // "defect_photos/good": a name for all of it, not for each image.
    const below = await visibleFoldersIn(folder.path);
    if (below.some(({ name }) => meaningOf(name) === 'normal')) return 'group';
  }
  return meaning;
}

/** What is known of the images in a subfolder. @throws DataError for a folder of good parts in one of defective parts */
export function placeBelow(place: Place, folder: Entry, among: Subfolders): Place {
  const meaning = among.meanings.get(folder);
  const inside = { ...place, folders: [...place.folders, folder.name] };
  if (meaning === 'train' || meaning === 'test') return { ...inside, split: meaning, folders: place.folders };
  if (place.label === 'anomaly' && meaning === 'normal') throw contradiction(folder.path, place);
  if (meaning === 'normal') return labelled(inside, 'normal', 'good');
  if (meaning === 'anomaly') return labelled(inside, 'anomaly', folder.name);
  if (place.label !== undefined) {
    const named = meaning === undefined && place.label === 'anomaly' && isGenericLabel(place.defect ?? '');
    return named ? { ...inside, defect: folder.name } : inside;
  }
  return unlabelled(inside, folder, meaning, among);
}

function unlabelled(
  inside: Place,
  { name, path }: Entry,
  meaning: Meaning | 'group' | undefined,
  among: Subfolders,
): Place {
  const doubtful = (doubt: string) => ({ ...inside, doubt: inside.doubt ?? doubt });
  const own = inside.kinds ? inside.class : name;
  const asClass = { ...inside, class: own, outer: undefined };
  const beside = among.normal || among.anomaly !== undefined;
  if (meaning === 'group') return asClass;
  if (meaning === 'mixed') return doubtful('its folder is called both good and defective');
  if (meaning === 'unclear' || among.unclear) {
    const said = `"${name}" means good to some and defective to others`;
    if (inside.kinds) throw new DataError(`${shown(path.toString())}: ${said}; call it good or defect.`);
    return { ...doubtful(said), class: own };
  }
  if (meaning === 'container' && !beside)
    return { ...inside, class: own, outer: inside.outer ?? inside.class };
  if (meaning === undefined && (among.normal || inside.kinds)) return labelled(inside, 'anomaly', name);
  if (beside || (inside.kinds && meaning === 'unsorted'))
    return doubtful('its folder is called neither good nor defective');
  if (meaning === 'mask' && among.masks.length === 0 && isStrongMaskName(name))
    return { ...asClass, doubt: inside.doubt ?? 'its folder is called as one of masks' };
  return asClass;
}

function labelled(place: Place, label: 'normal' | 'anomaly', defect: string): Place {
  return { ...place, class: place.outer ?? place.class, outer: undefined, label, defect, doubt: undefined };
}

function contradiction(path: Buffer, { defect }: Place): DataError {
  return new DataError(
    `${shown(path.toString())}: good by its own name, defective by that of the folder "${shown(defect ?? '')}" around it; move it beside that folder.`,
  );
}
