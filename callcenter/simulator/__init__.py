"""SIP phones and guests that really call: used by the demo, the PBX tests and the benchmarks."""
