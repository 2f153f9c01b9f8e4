"""On the PYTHONPATH of one process: its clock is off by so many seconds, and goes on. The database's is right."""

import datetime
import os

import time_machine

_off_s = float(os.environ["TIDINGS_FAULTS_CLOCK"])
_now = datetime.datetime.now(datetime.UTC)
time_machine.travel(_now + datetime.timedelta(seconds=_off_s), tick=True).start()
