"""One batch on the machines of a Ray cluster.

Who talks to the cluster cannot be kept off the network, so that process only relays: it starts a
planner, which is the same command behind the walls and does what every batch does, and an actor on
each device of the cluster, which is but the parent of a worker behind walls of its own. Lines go
from one to the other as over the pipes of one machine (`run/executor`), and hold no text.
"""
