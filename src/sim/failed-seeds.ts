// Seeds that found something, in the product or in the simulator itself. They are played again for ever; what a seed
// draws changes when a part of the simulator does, so the lesson of each is a test beside the code it was about as well.

export const failedSeeds: readonly (readonly [seed: number, lesson: string])[] = [
  [16, 'an answer that came late was the death of the controllers, and nobody started them again'],
  [21, 'a controller that was behind took back what another had observed'],
  [27, 'a simulated node behaved by an annotation that was no longer there'],
  [28, 'an owner was not told what the garbage collector learnt by a conflict, and waited for ever'],
  [37, 'a DaemonSet whose deletion a crash kept'],
  [39, 'a pod that could not be looked at counted as gone, and got another beside it'],
  [50, 'an agent that was told of a conflict where there can be none'],
  [62, 'a derived name is taken by a pod that was released'],
  [171, 'a creation that waited for the disk was made again'],
  [819, 'a patch of what was being deleted was told that it is gone, a crash brought it back, and nobody knew of it'],
  [2154, 'a pod that was let go came back'],
  [2413, 'whoever met a server that died again and again hears late'],
  [2428, 'a watch that was reset before it was read'],
  [7153, 'an answer that came late brought back what was gone, and its owner waited for it for ever'],
  [30_013, 'a status counted a pod by a label that a frozen watch still showed: the check knew only the present one'],
  [30_285, 'a pod that was said to have ended ran on, as its agent had not heard: its successor was one too many'],
  [30_622, 'the same of a pod that had just begun'],
  [50_924, 'a pod was labelled away while its adoption was on the way'],
  [51_080, 'another pod that was labelled away'],
  [51_121, 'an orphan without the toleration of the new template: the check took it for a new pod'],
  [51_292, 'a copy of a creation, kept on the way, came when its name was free again'],
  [795_523_892, 'another such copy'],
  [795_523_904, 'a deletion and its namesake in one group of writes: the simulator took the second for the first'],
  [795_524_368, 'another pod that was labelled away'],
  [1_790_010_004, 'a removed node was made again by its agent, without the label that asks for one: nobody played it'],
]

/** Seeds that break a rule and are not understood yet: in the product or in the simulator. `everynode sim --seed N` shows it. */
export const openSeeds: readonly (readonly [seed: number, finding: string])[] = [
  [1_795_551_560, 'an agent tells of a pod whose namesake has another uid by now, and is answered Invalid'],
  [1_795_551_714, 'L1: a revision stays though its owner is gone'],
]

/** Plans of the sieve that found something. */
export const failedPlans: readonly (readonly [journey: string, plan: string, lesson: string])[] = [
  [
    'a pod fails',
    'freeze 33',
    'a name that an old list showed as taken was passed over, and the next one made a second pod',
  ],
]
