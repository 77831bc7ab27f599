--  The progress callback. It stands at library level: an access to a nested
--  subprogram would need code on the stack.
with Genmod; use Genmod;
with Interfaces; use Interfaces;
with Interfaces.C; use Interfaces.C;
with System; use System;

package Watching is
   --  The passes that a report counts.
   function Epochs (Report : Address) return double;

   --  Counts its calls at User, and ends the fit after two passes.
   function Watch (Report, User : Address) return Status
   with Convention => C;
end Watching;
