-- What a finding of the tamper watch does to the proof is signed as the proof's difference is: what
-- SL's clearing account has too little is positive.

update watch_finding set effect_minor = -effect_minor where effect_minor <> 0;
