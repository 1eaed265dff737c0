#!/bin/bash
# smtp-sink-faulty.sh PORT SCRATCH : Postfix's test sink with faults: SINK_FLAGS (env), as in smtp-sink.sh. It keeps nothing.
P=$1; D=$2; cd "$D"; exec /usr/sbin/smtp-sink -u nobody -h sink.test $SINK_FLAGS "127.0.0.1:$P" 64
