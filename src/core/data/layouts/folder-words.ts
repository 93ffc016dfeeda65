/**
 * What people call folders of good and of defective parts. Strong words tell wherever they stand in a name
 * ("line1_NG", "defect-scratch"); weak ones, which are also parts of products' names ("scrap_metal", "io_card"), tell
 * only by themselves or among neutral words ("scrap parts 2024").
 */
const words = {
  normal: `good goods ok okay oks normal normals nominal accept accepted acceptable passed correct intact undamaged
    unbroken faultless flawless healthy conforming conform nondefective nonanomalous nodefect nodefects noanomaly defectfree
    faultfree errorfree flawfree gutteil gutteile gutbild gutbilder fehlerfrei fehlerfreie einwandfrei`,
  weakNormal: `pass passes io gut gute guter gutes bon bonne bons bonnes bueno buenos buena buenas buono buoni bom bons boa
    goed goede dobry dobre dobra iyi bra conforme conformes correcto correctos aprobado aprobados aceptado aceptados
    aprovado aprovados accettato saglam clean perfect golden pristine sound годен годные норма хорошие хороший`,
  anomaly: `bad bads ng ngs nok noks nio ko defect defects defective defectives anomaly anomalies anomalous anomal anomalie
    anomalien anomale anomalia anomalias abnormal abnormals abnormality abnormalities notok notokay notgood nogood ungood
    fail fails failed failing failure failures reject rejects rejected rejection rejections faulty fault faults broken
    damage damaged damages flaw flaws flawed nonconforming nonconform nonconformity nonconforme unacceptable incorrect
    outlier outliers error errors erroneous defekt defekte defekter defektes defektteil defektteile fehler fehlerhaft
    fehlerhafte fehlerbild fehlerbilder fehlteile ausschuss ausschussteile beschädigt beschädigte beschaedigt kaputt kaputte
    schlecht schlechte schlechtteil schlechtteile mangelhaft mangel mängel défaut défauts défectueux défectueuse
    defecto defectos defectuoso defectuosos defectuosa difetto difetti difettoso difettosi defeito defeitos defeituoso
    incorrecto rechazado rechazados reprovado reprovados rejeitado rejeté rejetés`,
  weakAnomaly: `scrap scrapped scraps malo malos mala malas mauvais mauvaise rebut rebuts scarto scarti ruim slecht slechte
    fout fouten afkeur wada wady wadliwy wadliwe zły złe vadný vadné vada vady fel dålig hatalı kusurlu bozuk rework
    scratch scratches scratched dent dents dented crack cracks cracked contamination contaminated rust rusty corrosion
    stain stains stained fracture fractured kratzer delle dellen riss risse брак дефект дефекты плохие плохой`,
  mask: `mask masks maske masken masque masques groundtruth groundtruths gt gts segmask segmasks`,
  weakMask: `label labels labelmap labelmaps annotation annotations annotated annot seg segs segmentation segmentations truth
    ground labelled`,
  train: `train training trainset trn`,
  test: `test testing tests testset tst`,
  container: `images image imgs img pictures photos jpegimages rgb`,
  unsorted: `unsorted unlabeled unlabelled unlabled unknown unclear unsure uncertain undecided doubtful mixed misc other others
    unsortiert unklar unbekannt sonstige sonstiges todo`,
  negation: `not no non nicht kein keine ohne without sans sin senza un zero free never pas nie nao não`,
  freeing: `free less los frei freie`,
  // Names of what is looked into, not of what was found: "defect_detection" holds good parts as well.
  topic: `detection detector inspection classification recognition analysis benchmark project study system diagnosis`,
  neutral: `part parts piece pieces sample samples item items unit units product products image images img imgs photo photos
    picture pictures pic pics bild bilder teil teile foto fotos lot lots batch batches charge line linie station cam camera
    kamera day week kw shift schicht set sets data dataset folder new old neu alt all alle only real raw crop cropped
    resized train training test testing val validation nr num number v and und of the a type typ binary bin pixel pixelwise
    png jpg jpeg bmp tif`,
} as const;

/** Words of scripts that write without spaces: they tell wherever they stand. Defective ones first: 不良品 holds 良品. */
export const wordsWithoutSpaces = {
  anomaly: [
    '不良',
    '不合格',
    '异常',
    '異常',
    '缺陷',
    '欠陥',
    '瑕疵',
    '次品',
    '废品',
    '不具合',
    '불량',
    '이상',
    '결함',
  ],
  normal: ['良品', '合格', '正常', '正品', '정상', '양품'],
} as const;

export type Words = keyof typeof words;

const sets = new Map<Words, ReadonlySet<string>>(
  (Object.keys(words) as Words[]).map((key) => [key, new Set(words[key].split(/\s+/).map(plain))]),
);

export function isWord(kind: Words, word: string): boolean {
  return sets.get(kind)!.has(word);
}

/** Lower case without accents: "Défauts" and "defauts" are one word. */
export function plain(text: string): string {
  const bare = text.normalize('NFD').replace(/[\u0300-\u036f]/g, '');
  return bare.normalize('NFKC').toLowerCase().replaceAll('ß', 'ss').replaceAll('ı', 'i').replaceAll('ł', 'l');
}
