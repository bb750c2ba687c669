"""What the workers of test_jobs are told to call."""

import os
import time


def square(x, *, report):
    report(1, 1, {"x": x})
    return x * x


def fail(message, *, report):
    raise ValueError(message)


def die(status, *, report):
    os._exit(status)


def own_pid(*, report):
    report(0, 1, {"pid": os.getpid()})
    time.sleep(60)


sleep_long = own_pid
