// Seeds that found something, in the product or in the simulator itself. They are played again for ever; what a seed
// draws changes when a part of the simulator does, so the lesson of each is a test beside the code it was about as well.

export const failedSeeds: readonly (readonly [seed: number, lesson: string])[] = [
  [16, 'an answer that came late was the death of the controllers, and nobody started them again'],
  [21, 'a controller that was behind took back what another had observed'],
  [27, 'a simulated node behaved by an annotation that was no longer there'],
  [28, 'a write that a crash kept and nobody was shown'],
  [37, 'a DaemonSet whose deletion a crash kept'],
  [39, 'a pod that could not be looked at counted as gone, and got another beside it'],
  [50, 'an agent that was told of a conflict where there can be none'],
  [62, 'a derived name is taken by a pod that was released'],
  [171, 'a creation that waited for the disk was made again'],
  [2154, 'a pod that was let go came back'],
  [2413, 'whoever met a server that died again and again hears late'],
  [2428, 'a watch that was reset before it was read'],
  [7153, 'an answer that came late brought back what was gone, and its owner waited for it for ever'],
]
