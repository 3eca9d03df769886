"""One engine in a process of its own: sets up, then takes turns when the runner asks. Speaks JSON, a line at a time.

`python -m benchmarks.worker FAMILY CASE ENGINE on|off`, or `python -m benchmarks.worker FAMILY FACT ENGINE fact`.
"""

import gc
import importlib
import json
import os
import sys
import time


def main(family, name, engine, mode):
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is no answer
    say = lambda **what: print(json.dumps(what), file=answer, flush=True)
    module = importlib.import_module(f"benchmarks.{family}_cases")
    try:
        if mode == "fact":
            [fact] = [fact for fact in module.FACTS if fact.name == name]
            return say(value=fact.engines[engine]())
        [case] = [case for case in module.CASES if case.name == name]
        [chosen] = [one for one in case.engines if one.name == engine]
        step = chosen.make()
    except ImportError as error:
        return say(absent=str(error))
    losses = [step(k) for k in range(3)]  # also warms up
    say(ready=losses)
    if mode == "off":
        gc.disable()
    clock, k, batch = time.process_time, 3, 1
    for line in sys.stdin:
        times, until = [], time.perf_counter() + float(line)
        while not times or time.perf_counter() < until:
            if mode == "off":
                gc.collect()  # between the steps, outside the clock
            start = clock()
            for _ in range(batch):
                step(k)
                k += 1
            times.append((clock() - start) / batch)
            if times[-1] * batch < 1e-3:
                batch *= 2  # short steps are timed together
        say(times=times[len(times) // 4 :])


if __name__ == "__main__":
    main(*sys.argv[1:])
